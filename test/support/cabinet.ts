/** The demo cabinet of examples/ as a relying party that a browser can really come back to. */
import { startCabinet } from '../../examples/cabinet/server';
import { addClient, type TestClient, type TestProduct } from './app';
import { freePort } from './ports';

export interface TestCabinet {
  url: string;
  client: TestClient;
  stop(): Promise<void>;
}

/** Registers and starts a cabinet of that name. */
export async function openCabinet(
  product: TestProduct,
  name = 'Личный кабинет port.one',
): Promise<TestCabinet> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const client = await addClient(product.app, {
    client_name: name,
    redirect_uris: [`${url}/callback`],
    post_logout_redirect_uris: [`${url}/`],
    backchannel_logout_uri: `${url}/backchannel-logout`,
    backchannel_logout_session_required: true,
    client_uri: url,
    id_token_signed_response_alg: 'ES256',
  });
  const stop = await startCabinet({
    issuer: product.issuer,
    url,
    port,
    clientId: client.id,
    clientSecret: client.secret ?? '',
  });
  return { url, client, stop };
}
