//! More simulated lives of credentials than the tests have time for.

use crate::shell::{Done, command, run};

/// `sim [--seeds N] [--first N]`.
pub(crate) fn task(arguments: &[String]) -> Done {
    let mut test = command(
        "cargo",
        &[
            "test",
            "--package",
            "offhook-core",
            "--test",
            "credentials",
            "whatever_happens",
        ],
    );
    for pair in arguments.chunks(2) {
        let (variable, number) = match pair {
            [flag, number] if flag == "--seeds" => ("OFFHOOK_SIM_SEEDS", number),
            [flag, number] if flag == "--first" => ("OFFHOOK_SIM_FIRST", number),
            _ => return Err("sim takes --seeds N and --first N".into()),
        };
        if number.parse::<u64>().is_err() {
            return Err(format!("{number} is not a number of seeds"));
        }
        test.env(variable, number);
    }
    run(test, "simulated lives")
}
