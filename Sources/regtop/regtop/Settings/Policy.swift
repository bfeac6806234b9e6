import AdminCore

/// The rules of the configuration file.
nonisolated enum Policy {
    /// What the settings say of retention. Throws `CommandFailure` if they say nothing, or if anything in the file is wrong: half a policy may
    /// take what the whole would keep.
    static func of(_ settings: Settings) throws -> Retention {
        if let problem = settings.problems.first {
            throw CommandFailure("nothing is removed by rules in a file with a mistake: \(problem)")
        }
        guard !settings.retention.isEmpty else {
            throw CommandFailure(
                "there are no rules to go by: config.yml has them below retention:, as `regtop rm --help` shows")
        }
        return Retention(settings.retention)
    }
}
