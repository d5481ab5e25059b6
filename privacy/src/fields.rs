//! Which fields of what is recorded are kept, which are searched, and which are dropped: all that are not listed.

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// An id, a code or a word of ours. Kept where it looks like one, searched like text where it does not.
    Keep,
    /// Text of people: searched, and what is found is replaced.
    Scan,
    /// Not kept, whatever it is.
    Drop,
    /// Not listed: numbers, yes and no, and ids that are no words (UUIDs, hashes, moments) stay, texts go.
    Unlisted,
}

use Treatment::{Drop, Keep, Scan};

/// Never kept, wherever they are: these hold secrets, or personal data as a whole.
const NEVER: [&str; 22] = [
    "password",
    "secret",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "ticket",
    "authorization",
    "cookie",
    "api_key",
    "private_key",
    "email",
    "phone",
    "mobile",
    "telephone",
    "fax",
    "iban",
    "card_number",
    "postal_address",
    "street",
    "date_of_birth",
    "ssn",
];

/// By the beginning of the action and the path below its details: `*` is one step, `**` is all that follow. The first one that
/// fits holds.
const LISTED: [(&str, &str, Treatment); 22] = [
    ("canvas.command", "intent.origin", Keep),
    ("canvas.command", "intent.**", Scan),
    ("canvas.", "ops.*.op", Keep),
    ("canvas.", "ops.*.kind", Keep),
    ("canvas.", "ops.*.path", Keep),
    ("canvas.", "ops.*.tokens.**", Scan),
    ("canvas.", "ops.*.value.**", Scan),
    ("canvas.", "ops.*.text", Scan),
    ("thread.", "of.**", Keep),
    ("thread.", "data.**", Scan),
    ("chat.", "data.**", Scan),
    ("control.set_flags", "flags.**", Keep),
    ("flag.", "flags.**", Keep),
    ("artifact.", "of_canvas.**", Keep),
    ("action.", "payload.**", Scan),
    ("action.", "facts.**", Keep),
    ("action.", "decision.**", Keep),
    ("action.", "webhook_url", Scan),
    ("action.", "why", Scan),
    ("gates.decide", "action", Keep),
    ("gates.decide", "facts.**", Keep),
    ("gates.decide", "decision.**", Keep),
];

/// By the name of the field, whatever the action is: words of ours.
const WORDS: [&str; 44] = [
    "action",
    "actions",
    "actor_type",
    "allowed_actions",
    "area",
    "autonomy",
    "because",
    "code",
    "content_type",
    "currency",
    "decision",
    "env",
    "event",
    "from",
    "gate",
    "gesture_log",
    "key",
    "keys",
    "kind",
    "level",
    "mode",
    "op",
    "origin",
    "outcome",
    "parents",
    "provider",
    "providers",
    "redactor",
    "role",
    "scope",
    "sha256",
    "source",
    "state",
    "state_hash",
    "status",
    "surface",
    "to",
    "tool",
    "type",
    "unit",
    "until",
    "verdict",
    "version",
    "window",
];

/// By the name of the field, whatever the action is: texts of people.
const TEXTS: [&str; 20] = [
    "answer",
    "body",
    "comment",
    "description",
    "detail",
    "filename",
    "goal",
    "label",
    "message",
    "name",
    "note",
    "opinion",
    "question",
    "rationale",
    "reason",
    "summary",
    "text",
    "title",
    "why",
    "words",
];

/// The ends of names of ids and of moments.
const WORD_ENDS: [&str; 6] = ["_id", "_ids", "_at", "_hash", "_code", "_kind"];

/// What becomes of the field at a path below the details of an action. Elements of lists are named by their place.
pub fn treatment(action: &str, path: &[&str]) -> Treatment {
    if path.iter().any(|name| NEVER.contains(&name.to_ascii_lowercase().as_str())) {
        return Drop;
    }
    let listed = LISTED.iter().find(|(of, form, _)| action.starts_with(of) && fits(form, path));
    listed.map_or_else(|| by_name(path), |(_, _, treatment)| *treatment)
}

/// Elements of a list are what the list is.
fn by_name(path: &[&str]) -> Treatment {
    let name = path.iter().rev().find(|name| !name.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(name) = name else { return Treatment::Unlisted };
    if TEXTS.contains(name) {
        Scan
    } else if WORDS.contains(name) || WORD_ENDS.iter().any(|end| name.ends_with(end)) {
        Keep
    } else {
        Treatment::Unlisted
    }
}

fn fits(form: &str, path: &[&str]) -> bool {
    let mut names = path.iter();
    for step in form.split('.') {
        let name = match (step, names.next()) {
            ("**", _) => return true,
            (_, None) => return false,
            (_, Some(name)) => name,
        };
        if step != "*" && step != *name {
            return false;
        }
    }
    names.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: &str, path: &str, expected: Treatment) {
        assert_eq!(treatment(action, &path.split('.').collect::<Vec<_>>()), expected, "{action} {path}");
    }

    #[test]
    fn what_is_listed() {
        check("canvas.command", "intent.why", Scan);
        check("canvas.command", "intent.origin", Keep);
        check("canvas.command", "ops.0.tokens.content.text", Scan);
        check("canvas.command", "ops.0.atom_id", Keep);
        check("canvas.command", "done.state_hash", Keep);
        check("thread.chat_message", "data.text", Scan);
        check("thread.chat_message", "data.anything.at.all", Scan);
        check("thread.chat_message", "data.user.email", Drop);
        check("thread.chat_message", "data", Scan);
    }

    #[test]
    fn what_is_not_listed_goes_by_its_name() {
        check("kill_switch.set", "reason", Scan);
        check("kill_switch.set", "providers.3", Keep);
        check("control.add_member", "user_id", Keep);
        check("control.add_member", "email", Drop);
        check("anything", "whatever", Treatment::Unlisted);
        check("anything", "settings.Password", Drop);
    }
}
