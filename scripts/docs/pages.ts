/** Pages whose code blocks are run from the first to the last, as a reader would. */
export const guidePages = ["docs/guide.md", "docs/guide.ko.md"] as const;
