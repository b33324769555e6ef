//! The guide as a book, and its links: each leads to a page and a heading that are there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::run::cargo;

/// Where the guide is, and the pages that mdBook makes of it.
const GUIDE: &str = "docs/guide";
const PAGES: &str = "docs/guide/book";

/// Pages that have the text of others, or none.
const OTHERS: &[&str] = &["404.html", "print.html", "toc.html"];

/// Builds the guide and looks at its links. What builds it is a package of its own, which nothing else compiles.
pub(crate) fn build(root: &Path) -> Result<(), String> {
    let words = [
        "run",
        "--quiet",
        "--locked",
        "--manifest-path",
        "xtask/book/Cargo.toml",
        "--target-dir",
        "target/book",
        "--",
        GUIDE,
    ];
    cargo(root, &words).status("the build of the guide")?;
    let broken = broken(&read(&root.join(PAGES))?);
    match broken.is_empty() {
        true => Ok(()),
        false => Err(format!("links of the guide:\n{}", broken.join("\n"))),
    }
}

/// A page: where its links lead, and what a link may lead to in it.
#[derive(Debug, Default)]
struct Page {
    links: Vec<String>,
    ids: BTreeSet<String>,
}

impl Page {
    fn of(html: &str) -> Self {
        let links = values(html, "href").chain(values(html, "src"));
        Self {
            links: links.collect(),
            ids: values(html, "id").collect(),
        }
    }
}

/// The pages by their names.
fn read(folder: &Path) -> Result<BTreeMap<String, Page>, String> {
    let told = |error| format!("{}: {error}", folder.display());
    let mut pages = BTreeMap::new();
    for file in fs::read_dir(folder).map_err(told)? {
        let path = file.map_err(told)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".html") && !OTHERS.contains(&&*name) {
            let html = fs::read_to_string(&path).map_err(told)?;
            pages.insert(name.into_owned(), Page::of(&html));
        }
    }
    Ok(pages)
}

/// The links that lead nowhere, each with its page.
fn broken(pages: &BTreeMap<String, Page>) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, page) in pages {
        for link in page.links.iter().filter(|link| is_ours(link)) {
            let (to, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match to {
                "" => Some(page),
                to => pages.get(to),
            };
            let why = match target {
                None => "no such page",
                Some(target) if !heading.is_empty() && !target.ids.contains(heading) => {
                    "no such heading"
                }
                Some(_) => continue,
            };
            broken.push(format!("{name}: {link}: {why}"));
        }
    }
    broken
}

/// Whether a link leads to a page or a heading of the guide, and not to another place or a page's own style.
fn is_ours(link: &str) -> bool {
    let to = link.split('#').next().unwrap_or_default();
    let is_page = to.ends_with(".html") || to.ends_with(".md") || to.is_empty();
    is_page && !link.is_empty() && !to.contains(':') && !OTHERS.contains(&to)
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> impl Iterator<Item = String> + use<'a> {
    let opened = format!(" {attribute}=\"");
    let mut rest = html;
    std::iter::from_fn(move || {
        let start = rest.find(&opened)? + opened.len();
        let (value, after) = rest[start..].split_once('"')?;
        rest = after;
        Some(value.replace("&amp;", "&"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_page_and_a_heading_that_are_there() {
        let keys = Page::of(
            r##"<link href="style.css"><h2 id="a-name"><a class="x" href="#a-name">A name</a></h2>
               <a href="first.html">1</a> <a href="first.html#begin">2</a> <a href="https://x.org/a.html#b">3</a>
               <a href="gone.html">4</a> <a href="first.html#end">5</a> <a href="gone.md#a">6</a> <a href="#no">7</a>"##,
        );
        let first = Page::of(r#"<h1 id="begin">Begin</h1>"#);
        let pages = [("keys.html", keys), ("first.html", first)];
        let pages = pages.map(|(name, page)| (name.to_owned(), page));
        assert_eq!(
            broken(&pages.into()),
            [
                "keys.html: gone.html: no such page",
                "keys.html: first.html#end: no such heading",
                "keys.html: gone.md#a: no such page",
                "keys.html: #no: no such heading",
            ]
        );
    }
}
