import { companiesPage } from './companies/page';
import type { AccountPage } from './parts';
import { personalPage } from './personal/personal';
import { applicationsPage } from './security/applications';
import { logPage } from './security/log';
import { passwordPage } from './security/password';
import { sessionsPage } from './security/sessions';

/** The menu of /account, in its order. A new page is its file and one line here. */
export const PAGES: readonly AccountPage[] = [
  personalPage,
  passwordPage,
  companiesPage,
  sessionsPage,
  applicationsPage,
  logPage,
];
