// `make audit`: Lighthouse on three pages of the built site, as a phone; the median of three runs each.
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const least = (score) => ["error", { minScore: score, aggregationMethod: "median" }];
const pages = ["chapters/intro.html", "chapters/scaling_laws.html", "exercises/pages/scaling_laws.html"];

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
