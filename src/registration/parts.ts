/** What the pages of the wizard are made of. */
import type { IdentifierRules } from '../accounts/policy/identifier-rules';
import type { AttorneyTools } from '../attorney/attach-power';
import type { Captcha } from '../captcha/captcha';
import type { CompanyDirectory } from '../companies/directory';
import type { Documents } from '../consents/documents';
import type { Forms } from '../http/forms';
import type { Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { Sessions } from '../http/sessions';
import type { Uploads } from '../http/files/uploads';
import type { VisitTools } from './visit';

export interface RegistrationParts extends VisitTools, Pick<AttorneyTools, 'files' | 'virusScan'> {
  interactions: Interactions;
  captcha: Captcha;
  identifierRules: IdentifierRules;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
  directories: CompanyDirectory[];
  documents: Documents;
  uploads: Uploads;
  sessions: Sessions;
}
