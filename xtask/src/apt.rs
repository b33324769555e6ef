//! Packages of Debian and its like.

use crate::run::{Run, on_path};

/// Installs a package as root, or where sudo asks for no password.
pub(crate) fn install(package: &str) -> Option<()> {
    let is_root = Run::new("id", &["-u"]).output()? == "0";
    let apt = |arguments: &[&str]| {
        let run = if is_root {
            Run::new("apt-get", arguments)
        } else {
            Run::new("sudo", &[&["-n", "apt-get"], arguments].concat())
        };
        run.env("DEBIAN_FRONTEND", "noninteractive")
            .status("apt-get")
            .ok()
    };
    let may = is_root || Run::new("sudo", &["-n", "true"]).output().is_some();
    if !may || !on_path("apt-get") {
        return None;
    }
    // Old lists may be good enough.
    let _ = apt(&["update", "-qq"]);
    apt(&["install", "-y", "-qq", "--no-install-recommends", package])
}
