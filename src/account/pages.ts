import { companiesPage } from './companies/page';
import { consentsPage } from './consents/page';
import { contractsPage } from './contracts/page';
import { messagesPage } from './notifications/history';
import { notificationsPage } from './notifications/page';
import type { AccountPage } from './parts';
import { closePage } from './data/close';
import { dataPage } from './data/data';
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
  contractsPage,
  sessionsPage,
  applicationsPage,
  logPage,
  consentsPage,
  notificationsPage,
  messagesPage,
  dataPage,
  closePage,
];
