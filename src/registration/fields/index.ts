/** Every group of fields that a page may ask for; its look is views/registration/fields/<name>.ejs. */
import type { FieldName } from '../registration';
import { marketingBox, termsBoxes } from './agreements';
import { emailField, phoneField } from './contact';
import { customerFields } from './customer';
import { KEEPS_NOTHING, type FieldGroup } from './field-group';
import { nameFields, shortNameFields } from './name';
import { profileFields } from './profile';
import { unitFields } from './unit';

export const FIELDS: Readonly<Record<FieldName, FieldGroup>> = {
  customer: customerFields,
  name: nameFields,
  short_name: shortNameFields,
  phone: phoneField,
  email: emailField,
  unit: unitFields,
  profile: profileFields,
  // Chosen passwords are never shown again, and a captcha is asked anew.
  password: KEEPS_NOTHING,
  terms: termsBoxes,
  marketing: marketingBox,
  captcha: KEEPS_NOTHING,
};
