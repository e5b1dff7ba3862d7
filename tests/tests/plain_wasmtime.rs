//! The built-in plugin in somebody else's program. Why: the ABI is for hosts that are not ours, and
//! its example is what they begin with, so it has to work as it stands.

#[path = "../../wasm/abi/examples/plain_wasmtime.rs"]
#[allow(dead_code, reason = "its `main` prints, and this proof looks")]
mod example;

use earmark_tests::built::Built;

#[test]
fn the_example_without_our_host_defines_an_item_and_an_order_is_refused() {
    let Some(built) = Built::find() else { return };
    let wasm = std::fs::read(built.plugin()).expect("the plugin can be read");
    let mug = r#"{ "sku": "MUG", "name": "A mug", "unitPrice": "2.50" }"#;
    let told = example::run(&wasm, &[("DefineItem", mug)]).expect("it takes a command");
    let [defined] = told.as_slice() else { panic!("one event, not {told:?}") };
    assert!(
        defined.starts_with("ItemDefined {") && defined.contains(r#""sku":"MUG""#),
        "{defined}"
    );
    let nothing = example::run(&wasm, &[("PlaceOrder", "{}")]).expect_err("no order has no lines");
    assert!(nothing.to_string().contains("does not translate"), "{nothing}");
}
