//! Annotations that must compile, each file a case: as modules, so that one build checks all.

mod async_trait_method;
mod attributes;
mod batch;
mod borrowed_arguments;
mod boxed_by_hand;
mod derive_tag;
mod detach;
mod forbidden_lints;
mod free_fn;
mod future_is_send;
mod generic;
mod generic_impl;
mod inherent_method;
mod invalidate;
mod lifetime;
mod macro_rules;
mod names_in_patterns;
mod nested;
mod packed_key;
mod patterns;
mod policy;
mod put;
mod raw_names;
mod readable_key;
mod refreshes;
mod renamed_runtime;
mod results;
mod serving;
mod settings_of_either_form;
mod skipped_type_in_settings;
mod tag_of_an_argument;
mod tags_from;
mod trait_impl;
mod unquoted_units;
mod what_is_served;

#[test]
fn every_file_is_a_case() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/pass");
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let listed = include_str!("pass.rs");
    for name in names {
        let case = name.trim_end_matches(".rs");
        assert!(listed.contains(&format!("\nmod {case};\n")), "{case}");
    }
}
