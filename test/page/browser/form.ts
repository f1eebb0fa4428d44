import type { Page } from "playwright-core";

/** Writes a query and candidates into the form. */
export async function fillForm(page: Page, query: string, candidates: string): Promise<void> {
  await page.getByLabel("Query", { exact: true }).fill(query);
  await page.getByLabel("Candidates", { exact: true }).fill(candidates);
}

/**
 * Pastes candidates over what the form has; the page must be allowed to use the clipboard. Large
 * texts come like this, and the browser types them much more slowly.
 */
export async function pasteCandidates(page: Page, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.getByLabel("Candidates", { exact: true }).focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Control+V");
}

/** Presses the button that ranks. */
export async function pressRank(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Rank", exact: true }).click();
}

/** Returns the texts of the ranking's rows, from first to last; waits for the first. */
export async function rankedTexts(page: Page): Promise<string[]> {
  await page.locator(".ranks li").first().waitFor();
  return await page.locator(".ranks .text").allInnerTexts();
}

/** Drops a file onto the form. */
export async function dropFile(page: Page, name: string, text: string): Promise<void> {
  const file = `new File([${JSON.stringify(text)}], ${JSON.stringify(name)})`;
  const transfer = await page.evaluateHandle(
    `(() => { const data = new DataTransfer(); data.items.add(${file}); return data; })()`,
  );
  await page.dispatchEvent("form.ask", "drop", { dataTransfer: transfer });
}
