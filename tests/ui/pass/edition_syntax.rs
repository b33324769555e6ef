//! What newer editions brought: let chains, async closures, `let else`, blocks with labels, inline constants.

use cache_runtime::{cache_invalidate, cached};

#[cached(ttl = "5m")]
pub async fn chained(id: Option<u32>, text: &str) -> u32 {
    if let Some(id) = id
        && let Ok(number) = text.parse::<u32>()
        && number > id
    {
        return number;
    }
    0
}

#[cached(ttl = "5m")]
pub async fn closures(ids: &[u32]) -> Vec<u32> {
    let double = async |id: &u32| id * 2;
    let mut all = Vec::new();
    for id in ids {
        all.push(double(id).await);
    }
    all
}

#[cached(ttl = "5m")]
pub async fn or_else(text: &str) -> Result<u32, String> {
    let Some((first, _)) = text.split_once(':') else {
        return Err("no colon".to_owned());
    };
    let Ok(number) = first.parse() else {
        return Err(format!("{first} is no number"));
    };
    Ok(number)
}

#[cached(ttl = const { 60_u64 * 5 }, cache_if = |found| if let Some(id) = found && *id > 7 { true } else { false })]
pub async fn labelled(ids: &[u32]) -> Option<u32> {
    let found = 'found: {
        for id in ids {
            if *id > 7 {
                break 'found Some(*id);
            }
        }
        None
    };
    let most = 'outer: loop {
        for id in 0.. {
            if id > const { 3 + 4 } {
                break 'outer id;
            }
        }
    };
    found.map(|id| id.min(most))
}

#[cached(ttl = "5m")]
pub async fn blocks(id: u32) -> u32 {
    let moved = async move { id + 1 };
    let asked: Option<u32> = async { Some(id.checked_sub(1)?) }.await;
    let slice @ [first, .., last] = &[id, 2, 3];
    moved.await + asked.unwrap_or_default() + first + last + u32::from(slice.is_empty())
}

#[cache_invalidate(tags = ["user:{id}"])]
pub async fn selected(id: u32) -> u32 {
    tokio::select! {
        found = chained(Some(id), "7") => found,
        () = tokio::task::yield_now() => return 0,
    }
}
