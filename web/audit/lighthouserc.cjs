// `make audit`: Lighthouse on every page of the chapters and an exercise, as a phone; the median of three runs each.
const fs = require("node:fs");
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const least = (score) => ["error", { minScore: score, aggregationMethod: "median" }];
// npm runs this from the folder in which the site lies.
const chapters = fs.readdirSync("html/chapters").filter((file) => file.endsWith(".html"));
const pages = [...chapters.map((file) => `chapters/${file}`), "exercises/pages/scaling_laws.html"];

module.exports = {
  ci: {
    collect: {
      staticDistDir: "./html",
      url: pages.map((page) => `http://localhost/${page}`),
      numberOfRuns: 3,
      chromePath: process.env.CHROMIUM,
      settings: { chromeFlags: flags.join(" "), maxWaitForLoad: 60000 },
    },
    assert: {
      assertions: {
        "categories:performance": least(0.95),
        "categories:accessibility": least(1),
        "categories:best-practices": least(1),
        "categories:seo": least(1),
      },
    },
    upload: { target: "filesystem", outputDir: "./audit" },
  },
};
