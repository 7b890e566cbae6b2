"""A small relying party on Authlib: sign-in, refresh, sign-out. Needs python3-authlib and python3-requests.

    ISSUER=https://id.example.com CLIENT_ID=warehouse CLIENT_SECRET=… ORIGIN=http://localhost:8080 python3 app.py
"""

import json
import os
import secrets
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

ISSUER = os.environ["ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
ORIGIN = os.environ["ORIGIN"]

PROVIDER = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=5).json()

# One dictionary a browser; a real application keeps them in its session store.
SESSIONS = {}
KEYS = {"set": None, "until": 0.0}


def client():
    return OAuth2Session(
        CLIENT_ID,
        CLIENT_SECRET,
        scope="openid profile email companies",
        redirect_uri=f"{ORIGIN}/signed-in",
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic",
    )


def provider_keys():
    """The published keys, kept for their max-age: the next key is among them long before it signs."""
    if time.time() >= KEYS["until"]:
        answer = requests.get(PROVIDER["jwks_uri"], timeout=5)
        KEYS["set"] = JsonWebKey.import_key_set(answer.json())
        KEYS["until"] = time.time() + 300
    return KEYS["set"]


def checked_claims(id_token, nonce=None):
    claims = jwt.decode(
        id_token,
        provider_keys(),
        claims_cls=CodeIDToken,
        claims_options={
            "iss": {"essential": True, "value": PROVIDER["issuer"]},
            "aud": {"essential": True, "value": CLIENT_ID},
        },
        claims_params={"client_id": CLIENT_ID, **({"nonce": nonce} if nonce else {})},
    )
    claims.validate(leeway=30)
    return dict(claims)


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        known = SimpleCookie(self.headers.get("cookie", "")).get("app")
        self.key = known.value if known and known.value in SESSIONS else secrets.token_urlsafe(32)
        self.session = SESSIONS.setdefault(self.key, {})
        pages = {
            "/": self.home,
            "/sign-in": self.sign_in,
            "/signed-in": self.signed_in,
            "/refresh": self.refresh,
            "/sign-out": self.sign_out,
        }
        page = pages.get(urlsplit(self.path).path)
        if page:
            page()
        else:
            self.answer(404, {"error": "not_found"})

    def home(self):
        self.answer(200, {"claims": self.session.get("claims")})

    def sign_in(self):
        self.session.update(verifier=secrets.token_urlsafe(48), nonce=secrets.token_urlsafe(16))
        url, self.session["state"] = client().create_authorization_url(
            PROVIDER["authorization_endpoint"],
            code_verifier=self.session["verifier"],
            nonce=self.session["nonce"],
        )
        self.redirect(url)

    def signed_in(self):
        token = client().fetch_token(
            PROVIDER["token_endpoint"],
            authorization_response=f"{ORIGIN}{self.path}",
            state=self.session.pop("state"),
            code_verifier=self.session.pop("verifier"),
        )
        self.session["claims"] = checked_claims(token["id_token"], self.session.pop("nonce"))
        self.session["token"] = token
        self.redirect("/")

    def refresh(self):
        # The refresh token rotates: store the new one before anything else is done with the answer.
        spent = self.session["token"]["refresh_token"]
        token = client().refresh_token(PROVIDER["token_endpoint"], refresh_token=spent)
        self.session["token"] = token
        self.session["claims"] = checked_claims(token["id_token"])
        person = requests.get(
            PROVIDER["userinfo_endpoint"],
            headers={"authorization": f"Bearer {token['access_token']}"},
            timeout=5,
        ).json()
        self.answer(200, {"rotated": token["refresh_token"] != spent, "userinfo": person})

    def sign_out(self):
        token = SESSIONS.pop(self.key)["token"]
        hints = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": f"{ORIGIN}/"}
        self.redirect(f"{PROVIDER['end_session_endpoint']}?{urlencode(hints)}")

    def redirect(self, url):
        self.answer(303, {}, location=url)

    def answer(self, status, content, **headers):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("set-cookie", f"app={self.key}; Path=/; HttpOnly; SameSite=Lax")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(content, ensure_ascii=False).encode())


if __name__ == "__main__":
    place = urlsplit(ORIGIN)
    ThreadingHTTPServer(("127.0.0.1", place.port), App).serve_forever()
