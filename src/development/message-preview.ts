/** `/dev/messages`: every mail and text message as a person would read it, in both languages, with sample values. */
import type Router from 'koa-router';
import { LOCALES, type Context, type Locale } from '../http/context';
import type { Render } from '../http/pages/render';
import type { EmailTemplateName, RenderedMail, SmsTemplateName } from '../notifications/notifications';
import type { MessageRenderer } from '../notifications/render';
import { smsSize, type SmsSize } from '../notifications/sms/text';
import { messageSamples } from './message-samples';

export interface MailPreview extends RenderedMail {
  template: EmailTemplateName;
  locale: Locale;
}

export interface SmsPreview extends SmsSize {
  template: SmsTemplateName;
  locale: Locale;
  text: string;
}

/** Every mail there is, drawn. @throws Error when a text is missing in a language. */
export function previewMails(renderer: MessageRenderer, issuer: string): MailPreview[] {
  const names = Object.keys(messageSamples('ru', issuer).email) as EmailTemplateName[];
  return names.flatMap((template) =>
    LOCALES.map((locale) => {
      const values = messageSamples(locale, issuer).email[template];
      return { template, locale, ...renderer.renderEmail(template, locale, values) };
    }),
  );
}

/** Every text message there is, drawn and counted. */
export function previewSms(renderer: MessageRenderer, issuer: string): SmsPreview[] {
  const names = Object.keys(messageSamples('ru', issuer).sms) as SmsTemplateName[];
  return names.flatMap((template) =>
    LOCALES.map((locale) => {
      const text = renderer.renderSms(template, locale, messageSamples(locale, issuer).sms[template]);
      return { template, locale, text, ...smsSize(text) };
    }),
  );
}

interface HtmlContext extends Context {
  params: { locale: string; template: string };
}

export function addMessagePreviews(
  router: Router,
  render: Render,
  renderer: MessageRenderer,
  issuer: string,
): void {
  router.get('/dev/messages', (async (ctx: Context) => {
    render(ctx, {
      view: 'development/messages',
      title: 'development.messages',
      values: { mails: previewMails(renderer, issuer), texts: previewSms(renderer, issuer) },
    });
    return Promise.resolve();
  }) as Router.IMiddleware);

  router.get('/dev/messages/:locale/:template', (async (ctx: HtmlContext) => {
    const { locale, template } = ctx.params;
    const mail = previewMails(renderer, issuer).find(
      (one) => one.locale === locale && one.template === template,
    );
    if (!mail) return Promise.resolve();
    ctx.type = 'text/html; charset=utf-8';
    // A mail has its styles inside, and nothing else that a browser would load.
    ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
    ctx.set('Cache-Control', 'no-store');
    ctx.body = mail.html;
    return Promise.resolve();
  }) as unknown as Router.IMiddleware);
}
