//! Which alerts fire: a limit must be passed for a while before, and for a while not after.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::figures::{Figures, Measured};
use super::rule::{Alarm, Rule};
use super::{Alert, Change};

/// What is known of one alert that is about to fire, or fires.
#[derive(Clone, Debug)]
struct State {
    /// Since when its limits are passed.
    since: Instant,
    /// Since when they are not, of one that fires.
    calm: Option<Instant>,
    fires: bool,
    figure: f64,
}

/// Of which alarm an alert is, and of which namespace or node.
type Of = (Alarm, String);

/// All alerts that are about to fire, or fire. There are no more than namespaces and nodes for each rule.
#[derive(Debug, Default)]
pub(super) struct States(BTreeMap<Of, State>);

impl States {
    /// What changes by a look at the figures.
    pub(super) fn look(
        &mut self,
        rules: &[Rule],
        figures: &Figures,
        (now, resolves_after): (Instant, Duration),
    ) -> Vec<Alert> {
        let mut changed = Vec::new();
        for rule in rules {
            let measured = (rule.measure)(figures);
            let there: BTreeSet<&str> = measured.iter().map(|one| one.about.as_str()).collect();
            // What there is no figure of is not wrong.
            let gone = self
                .of(rule.alarm)
                .filter(|about| !there.contains(about.as_str()));
            let gone: Vec<String> = gone.cloned().collect();
            for one in &measured {
                changed.extend(self.judge(rule, one, (now, resolves_after)));
            }
            for about in gone {
                changed.extend(self.calm(rule, &about, (now, resolves_after)));
            }
        }
        changed
    }

    /// Those that fire.
    pub(super) fn firing(&self, rules: &[Rule]) -> Vec<Alert> {
        let firing = self.0.iter().filter(|(_, state)| state.fires);
        let alerts = firing.filter_map(|((alarm, about), state)| {
            let rule = rules.iter().find(|rule| rule.alarm == *alarm)?;
            Some(Alert::of(rule, about, state.figure, Change::Fires))
        });
        alerts.collect()
    }

    fn of(&self, alarm: Alarm) -> impl Iterator<Item = &String> {
        let states = self.0.range((alarm, String::new())..);
        let states = states.take_while(move |((other, _), _)| *other == alarm);
        states.map(|((_, about), _)| about)
    }

    fn judge(
        &mut self,
        rule: &Rule,
        measured: &Measured,
        times: (Instant, Duration),
    ) -> Option<Alert> {
        let of = (rule.alarm, measured.about.clone());
        let fires = self.0.get(&of).is_some_and(|state| state.fires);
        let mut figures = rule.limits.iter().zip(&measured.figures);
        if !figures.all(|(limit, figure)| limit.is_passed(*figure, fires)) {
            return self.calm(rule, &measured.about, times);
        }
        let (now, _) = times;
        let state = self.0.entry(of).or_insert(State {
            since: now,
            calm: None,
            fires: false,
            figure: 0.0,
        });
        state.calm = None;
        state.figure = measured.figures.first().copied().unwrap_or_default();
        if state.fires || now.duration_since(state.since) < rule.hold {
            return None;
        }
        state.fires = true;
        Some(Alert::of(
            rule,
            &measured.about,
            state.figure,
            Change::Fires,
        ))
    }

    /// Its limits are not passed: one that was about to fire is not any more, one that fires is over once that lasts.
    fn calm(&mut self, rule: &Rule, about: &str, times: (Instant, Duration)) -> Option<Alert> {
        let (now, resolves_after) = times;
        let of = (rule.alarm, about.to_owned());
        let state = self.0.get_mut(&of)?;
        if state.fires {
            let calm = *state.calm.get_or_insert(now);
            if now.duration_since(calm) < resolves_after {
                return None;
            }
        }
        let state = self.0.remove(&of)?;
        let over = || Alert::of(rule, about, state.figure, Change::IsOver);
        state.fires.then(over)
    }
}
