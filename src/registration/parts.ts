/** What the pages of the wizard are made of. */
import type { Captcha } from '../captcha/captcha';
import type { CompanyDirectory } from '../companies/directory';
import type { Forms } from '../http/forms';
import type { Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { Document } from './pages/documents';
import type { RegistrationTools } from './register';

export interface RegistrationParts extends RegistrationTools {
  interactions: Interactions;
  captcha: Captcha;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
  directories: CompanyDirectory[];
  documents: Document[];
}
