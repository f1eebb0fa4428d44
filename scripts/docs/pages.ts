/** Pages whose commands ask a server that runs already; their other blocks are left out. */
export const servedPages = ["README.md", "docs/http-api.md", "docs/cli.md"] as const;

/** Pages whose code blocks are run from the first to the last, as a reader would. */
export const guidePages = ["docs/guide.md", "docs/guide.ko.md"] as const;
