//! What is generated from the code and committed: schema, reference pages, types. A test compares the files with what this gives.

/// The JSON Schema of scenario files, ending in a line end.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&serde_json::json!({})).expect("plain data");
    text.push('\n');
    text
}
