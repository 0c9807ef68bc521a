// A promise that is made when it is first asked for, and again after it has failed.
export const once = (make) => {
  let made;
  return () =>
    (made ??= make().catch((error) => {
      made = undefined;
      throw error;
    }));
};

// Run a script of the site; what goes wrong is an error that says `trouble`.
export const runScript = (src, trouble) =>
  new Promise((resolve, reject) => {
    const onerror = () => reject(new Error(trouble));
    document.head.append(Object.assign(document.createElement("script"), { src, onload: resolve, onerror }));
  });
