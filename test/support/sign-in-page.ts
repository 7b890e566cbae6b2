/** The sign-in page as a person with a browser uses it. */
import type { Page } from 'playwright-core';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';

/** Fills in what is given (the captcha rightly, unless told otherwise) and presses the page's main button. */
export async function fillSignIn(
  page: Page,
  { email, password, captcha = FIXED_ANSWER }: { email?: string; password: string; captcha?: string },
): Promise<void> {
  if (email !== undefined) await page.fill('#identifier', email);
  await page.fill('#password', password);
  await page.fill('#captcha', captcha);
  await page.click('main button.primary');
}
