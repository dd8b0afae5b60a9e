//! The served page in Chromium: the journeys lie in `tests/e2e`.

use crate::api::small_source;
use crate::support::{Home, browser_tests};

#[test]
fn the_served_page_trains_and_answers() {
    let home = Home::new();
    let source = small_source(&home);
    browser_tests(&[
        ("ATTUNE_DATA_DIR", home.data().into()),
        ("HF_HOME", home.path("hugging-face").into()),
        ("ATTUNE_TEST_DB", source.into()),
    ]);
}
