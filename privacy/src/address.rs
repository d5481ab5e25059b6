//! Postal addresses, as far as patterns go: a street with a number, a postal code with its town, in the forms of a few
//! countries. A street without a number or a town alone is no address.

use crate::detect::{Detector, Finding, after, before};
use crate::kind::Kind;
use regex::Regex;
use std::sync::LazyLock;

/// Finds postal addresses.
pub(crate) struct Addresses;

/// A word with a capital, in any script that has them.
const CAPITAL: &str = r"(?:\p{Lu}[\p{L}'’.-]*)";

/// German, Austrian and Swiss streets, with what may follow them.
const GERMAN: &str = r"
    (?: (?: (?: \p{Lu}[\p{L}.-]*[\ -] ){0,3} \p{Lu}?[\p{L}-]*
            (?: (?i:straße|strasse|str\.|gasse|allee|platz|chaussee|promenade|steig|damm|ufer) | weg | ring | markt | graben | hof )
            \ {1,2} \d{1,4}
        )
      | (?: (?: Am | An\ der | An\ den | Auf\ der | Auf\ dem | Im | In\ der | Zum | Zur | Unter\ den | Hinter\ dem | Alter | Alte )
            \ \p{Lu}[\p{L}-]+ \ {1,2} \d{1,3}
        )
    ) (?:\ ?[a-z]\b)?(?:\ ?[-–/]\ ?\d{1,4}(?:\ ?[a-z]\b)?)?
    (?: ,?\s (?:[A-Z]{1,2}-)? \d{4,5} \ CAPITAL (?:[\ -]CAPITAL){0,2} )?";

/// A postal code with its town where it stands as a part of an address.
const GERMAN_TOWN: &str = r"(?: \b(?:D|A|CH|DE|AT)-\ ?\d{4,5} | \bPLZ:?\ \d{4,5} ) \ CAPITAL";

/// British, American and other English streets, with what may follow them.
const ENGLISH: &str = r"
    (?: (?i:flat|apartment|apt\.?|unit|suite) \ [\dA-Z]{1,5},?\ )?
    \b\d{1,5}[A-Za-z]?(?:[-–]\d{1,5})? ,?\ (?: [NSEW]{1,2}\.?\  )? (?: (?:CAPITAL|\d{1,3}(?:st|nd|rd|th))\  ){1,4}
    (?: Street | St | Road | Rd | Avenue | Ave | Lane | Ln | Drive | Dr | Court | Ct | Place | Pl | Square | Sq | Boulevard | Blvd | Way
      | Close | Crescent | Terrace | Gardens | Hill | Parkway | Pkwy | Highway | Hwy | Circle | Cir | Row | Mews | Grove | Walk | Green | Parade )
    \b\.? (?:\ [NSEW]{1,2}\b)?
    (?: ,?\s (?i:apt\.?|apartment|suite|ste\.?|unit|flat|floor|\#) \ ?[\dA-Za-z-]{1,6} )?
    (?: ,?\s CAPITAL (?:\ CAPITAL){0,2} ,?\s (?: [A-Z]{2}\ \d{5}(?:-\d{4})? | [A-Z]{1,2}\d[A-Z\d]?\ \d[A-Z]{2} | [A-Z]{2,3}\ \d{4} | [A-Z]{2}\ [A-Z]\d[A-Z]\ \d[A-Z]\d )\b )?";

/// `Springfield, IL 62704`.
const AMERICAN_TOWN: &str = r"
    \bCAPITAL (?:\ CAPITAL){0,2} ,\ (?: A[LKZR] | C[AOT] | D[CE] | FL | GA | HI | I[ADLN] | K[SY] | LA | M[ADEINOST] | N[CDEHJMVY] | O[HKR]
      | PA | RI | S[CD] | T[NX] | UT | V[AT] | W[AIVY] ) \ \d{5}(?:-\d{4})?\b";

/// `SW1A 1AA`.
const BRITISH_CODE: &str = r"\b(?:[A-PR-UWYZ]\d[A-Z\d]?|[A-PR-UWYZ][A-HK-Y]\d[A-Z\d]?)\ \d[ABD-HJLNP-UW-Z]{2}\b";

/// Streets of French, Spanish, Italian and Portuguese, with what may follow them.
const ROMANCE: &str = r"
    (?: \b\d{1,4}(?:\ ?(?:bis|ter))?,?\ (?: rue | avenue | boulevard | place | chemin | allée | quai | impasse | cours | route | square )
        \ (?: (?:de\ la|de\ l['’]|du|des|de|d['’]|la|le|les)\ ? )? CAPITAL (?:[\ -](?:de\ |du\ |des\ |la\ )?CAPITAL){0,3}
      | \b(?: Calle | C/ | Avenida | Avda\.? | Av\.? | Plaza | Paseo | Via | Viale | Piazza | Corso | Vicolo | Rua | Praça | Travessa )
        \ (?: (?:de\ la|de\ los|de\ las|del|della|delle|dei|de|da|do|dos)\  )? CAPITAL (?:\ (?:de\ |del\ |da\ |do\ )?CAPITAL){0,3} ,?\ (?:n[º°.]?\ ?)?\d{1,4}\b
    )
    (?: ,?\s \d{4,5}(?:-\d{3})? \ CAPITAL (?:[\ -]CAPITAL){0,2} )?";

/// Dutch and Flemish streets, and the Dutch postal code.
const DUTCH: &str = r"
    \b\p{Lu}[\p{L}-]*(?:straat|laan|gracht|plein|kade|dijk|singel|steeg|dreef|weg)\ \d{1,4}(?:[-\ ]?[a-zA-Z]\b)? (?: ,?\s \d{4}\ ?[A-Z]{2}\ CAPITAL | ,?\s\d{4}\ CAPITAL )?
    | \b[1-9]\d{3}\ [A-Z]{2}\ CAPITAL";

/// Boxes at the post.
const BOX: &str = r"\b(?: (?i:p\.?\ ?o\.?\ box) | Postfach | Boîte\ postale | BP | Apartado(?:\ de\ Correos)? | Casella\ postale | Postbus ) \ \d{1,6}\b";

static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [GERMAN, GERMAN_TOWN, ENGLISH, AMERICAN_TOWN, BRITISH_CODE, ROMANCE, DUTCH, BOX]
        .map(|form| Regex::new(&format!("(?x){}", form.replace("CAPITAL", CAPITAL))).expect("a pattern of ours"))
        .into()
});

impl Detector for Addresses {
    fn find(&self, text: &str) -> Vec<Finding> {
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return Vec::new();
        }
        let found = FORMS.iter().flat_map(|form| form.find_iter(text)).map(|found| found.range());
        let whole = found.filter(|range| !is_in_word(before(text, range.start)) && !is_in_word(after(text, range.end)));
        whole.map(|range| Finding { range, kind: Kind::Address }).collect()
    }
}

fn is_in_word(at: Option<char>) -> bool {
    at.is_some_and(|c| c.is_alphanumeric() || c == '_')
}
