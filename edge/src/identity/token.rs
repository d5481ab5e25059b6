//! Access tokens: HS256, made here, checked strictly.

use crate::config::IdentityConfig;
use crate::error::ApiError;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use subjects::code::Code;
use subjects::ids::{ActorId, ActorType, Role, TenantId};
use uuid::Uuid;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: ActorId,
    /// The tenants that the bearer is a member of.
    pub tenant_ids: Vec<TenantId>,
    /// The tenant to begin with; none for who belongs nowhere.
    pub default_tenant_id: Option<TenantId>,
    /// What the bearer may do in each tenant.
    pub role_map: BTreeMap<TenantId, Role>,
    /// Who made the token.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
    /// When it was made.
    pub iat: u64,
    /// Names the token.
    pub jti: Uuid,
    /// The session that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    /// What kind of being.
    #[serde(default = "human")]
    pub actor_type: ActorType,
}

fn human() -> ActorType {
    ActorType::Human
}

/// Makes and checks access tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    audience: String,
    secs: u64,
}

/// The longest token that is looked at.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The most tenants that a token names, so that it stays well below [`TOKEN_BYTES_MAX`].
pub const TENANTS_MAX: usize = 32;
/// The longest that any token is valid: what is revoked is remembered for as long.
pub const TOKEN_SECS_MAX: u64 = 86_400;
/// How far clocks may differ.
pub const LEEWAY_SECS: u64 = 30;

impl Tokens {
    /// By the deployment's secret.
    pub fn new(config: &IdentityConfig) -> Self {
        let secret = config.token_secret.expose_secret().as_bytes();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECS;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&config.token_issuer]);
        validation.set_audience(&[&config.token_audience]);
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            issuer: config.token_issuer.clone(),
            audience: config.token_audience.clone(),
            secs: config.token_secs,
        }
    }

    /// A token for a person with these roles, of a session. The first tenant is the one to begin with.
    pub fn make(&self, user_id: ActorId, roles: &[(TenantId, Role)], session_id: Uuid) -> Result<String, ApiError> {
        let claims = self.claims(user_id, roles, self.secs);
        self.sign(&Claims { sid: Some(session_id), ..claims })
    }

    /// A token for an agent with one role in one tenant, of no session, and its name.
    pub fn make_for_agent(
        &self,
        actor_id: ActorId,
        role: (TenantId, Role),
        secs: u64,
    ) -> Result<(String, Uuid), ApiError> {
        let claims = Claims { actor_type: ActorType::Agent, ..self.claims(actor_id, &[role], secs) };
        Ok((self.sign(&claims)?, claims.jti))
    }

    fn claims(&self, sub: ActorId, roles: &[(TenantId, Role)], secs: u64) -> Claims {
        let now = get_current_timestamp();
        let roles = &roles[..roles.len().min(TENANTS_MAX)];
        Claims {
            sub,
            tenant_ids: roles.iter().map(|(tenant_id, _)| tenant_id.clone()).collect(),
            default_tenant_id: roles.first().map(|(tenant_id, _)| tenant_id.clone()),
            role_map: roles.iter().cloned().collect(),
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            exp: now + secs,
            iat: now,
            jti: Uuid::now_v7(),
            sid: None,
            actor_type: ActorType::Human,
        }
    }

    fn sign(&self, claims: &Claims) -> Result<String, ApiError> {
        encode(&Header::new(Algorithm::HS256), claims, &self.encoding).map_err(ApiError::internal)
    }

    /// Who makes our tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How long a token is valid, in seconds.
    pub fn secs(&self) -> u64 {
        self.secs
    }

    /// What a token says, if it is one of ours, for us, and valid now. Its header chooses neither algorithm nor key.
    pub fn verify(&self, token: &str) -> Result<Claims, ApiError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(refused("The token is too long."));
        }
        let checked = decode::<Claims>(token, &self.decoding, &self.validation);
        let claims = checked.map(|data| data.claims).map_err(|error| why(&error))?;
        if claims.iat > get_current_timestamp() + LEEWAY_SECS {
            return Err(refused("The token was made in the future."));
        }
        Ok(claims)
    }
}

/// Why a token is no good, as far as its bearer needs to know.
pub(super) fn why(error: &jsonwebtoken::errors::Error) -> ApiError {
    match error.kind() {
        ErrorKind::ExpiredSignature => ApiError::new(Code::AuthExpired, "Refresh the token, or log in again."),
        _ => refused("The token is not one of ours, or not for here."),
    }
}

pub(super) fn refused(detail: &'static str) -> ApiError {
    ApiError::new(Code::Unauthenticated, detail)
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

#[cfg(test)]
impl Claims {
    pub(crate) fn example(sub: &str, actor_type: ActorType, role_map: BTreeMap<TenantId, Role>) -> Self {
        let now = get_current_timestamp();
        Self {
            sub: sub.parse().unwrap(),
            tenant_ids: role_map.keys().cloned().collect(),
            default_tenant_id: role_map.keys().next().cloned(),
            role_map,
            iss: "northstar".into(),
            aud: "northstar-edge".into(),
            exp: now + 60,
            iat: now,
            jti: Uuid::nil(),
            sid: None,
            actor_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    const SECRET: &str = Config::EXAMPLE_SECRET;

    fn tokens() -> Tokens {
        Tokens::new(&Config::example(&[]).unwrap().identity)
    }

    fn claims() -> Value {
        let role_map = [("t_a".parse().unwrap(), Role::Owner)].into();
        serde_json::to_value(Claims::example("u_7", ActorType::Human, role_map)).unwrap()
    }

    fn with(member: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[member] = value;
        claims
    }

    fn without(member: &str) -> Value {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(member);
        claims
    }

    fn signed(header: &Header, claims: &Value, secret: &str) -> String {
        encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    fn ours(claims: &Value) -> String {
        signed(&Header::new(Algorithm::HS256), claims, SECRET)
    }

    /// A token whose header says anything, under our own signature of HS256.
    fn headed(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }

    fn check(name: &str, token: &str, expected: Result<(), Code>) {
        let outcome = tokens().verify(token).map(drop).map_err(|error| error.code());
        assert_eq!(outcome, expected, "{name}");
    }

    #[test]
    fn our_tokens_are_taken() {
        let now = get_current_timestamp();
        check("ours", &ours(&claims()), Ok(()));
        check("an agent's", &ours(&with("actor_type", json!("agent"))), Ok(()));
        check("no actor_type", &ours(&without("actor_type")), Ok(()));
        check("within the leeway", &ours(&with("exp", json!(now - 20))), Ok(()));
        check("valid already", &ours(&with("nbf", json!(now))), Ok(()));
        let made =
            tokens().make("u_7".parse().unwrap(), &[("t_a".parse().unwrap(), Role::Member)], Uuid::nil()).unwrap();
        check("made", &made, Ok(()));
        let jku =
            json!({"alg": "HS256", "typ": "JWT", "jku": "https://evil.example/keys", "x5u": "https://evil.example"});
        check("a header that points elsewhere", &headed(&jku, &claims()), Ok(()));
    }

    #[test]
    fn tokens_of_every_wrong_kind_are_refused() {
        let no = Err(Code::Unauthenticated);
        let now = get_current_timestamp();
        for (name, token) in [("empty", ""), ("no token", "x"), ("three parts", "a.b.c"), ("dots", "..")] {
            check(name, token, no);
        }
        let other_key = "another secret, another secret, another";
        check("other key", &signed(&Header::new(Algorithm::HS256), &claims(), other_key), no);
        check("other hash", &signed(&Header::new(Algorithm::HS512), &claims(), SECRET), no);
        check("alg none, signed", &headed(&json!({"alg": "none"}), &claims()), no);
        let unsigned = headed(&json!({"alg": "none"}), &claims());
        check("alg none", &format!("{}.", unsigned.rsplit_once('.').unwrap().0), no);
        check("alg None", &headed(&json!({"alg": "None"}), &claims()), no);
        check("RS256 with our key as HMAC", &headed(&json!({"alg": "RS256"}), &claims()), no);
        check("no alg", &headed(&json!({"typ": "JWT"}), &claims()), no);
        check("expired", &ours(&with("exp", json!(now - 31))), Err(Code::AuthExpired));
        check("made in the future", &ours(&with("iat", json!(now + 60))), no);
        check("not yet", &ours(&with("nbf", json!(now + 60))), no);
        check("other issuer", &ours(&with("iss", json!("evil"))), no);
        check("other audience", &ours(&with("aud", json!("elsewhere"))), no);
        check("no membership map", &ours(&with("role_map", json!(["t_a"]))), no);
        check("unknown role", &ours(&with("role_map", json!({"t_a": "god"}))), no);
        check("sub in no form", &ours(&with("sub", json!("a.b"))), no);
        check("unknown actor", &ours(&with("actor_type", json!("god"))), no);
        for claim in ["sub", "tenant_ids", "role_map", "iss", "aud", "exp", "iat", "jti"] {
            check(claim, &ours(&without(claim)), no);
        }
        check("too long", &ours(&with("more", json!("x".repeat(TOKEN_BYTES_MAX)))), no);
        let token = ours(&claims());
        let (head, signature) = token.rsplit_once('.').unwrap();
        check("cut", head, no);
        check("no signature", &format!("{head}."), no);
        let other = URL_SAFE_NO_PAD.encode(with("sub", json!("u_8")).to_string());
        let forged = format!("{}.{other}.{signature}", head.split('.').next().unwrap());
        check("changed", &forged, no);
    }

    #[test]
    fn the_longest_token_fits() {
        let role = |n: usize| (format!("t_{n:a>62}").parse().unwrap(), Role::Member);
        let roles: Vec<(TenantId, Role)> = (0..TENANTS_MAX + 1).map(role).collect();
        let token = tokens().make("u_7".parse().unwrap(), &roles, Uuid::nil()).unwrap();
        assert_eq!(tokens().verify(&token).unwrap().tenant_ids.len(), TENANTS_MAX);
    }
}
