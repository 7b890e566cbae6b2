import type { AccountPage } from './parts';

/** The menu of /account, in its order. A new page is its file and one line here. */
export const PAGES: readonly AccountPage[] = [];
