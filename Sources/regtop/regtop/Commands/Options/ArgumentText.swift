import AdminCore
import ArgumentParser

/// Turns arguments into values. Every function throws `ValidationError` for an argument that it
/// does not accept.
nonisolated enum ArgumentText {
    /// `repo`, `repo:tag` or `repo@sha256:…`.
    static func reference(_ text: String) throws -> ImageReference {
        guard case .whole(let reference) = try given(text) else {
            throw ValidationError("a shortened digest is not accepted here; give all its digits")
        }
        return reference
    }

    /// A reference whose digest may be shortened.
    static func given(_ text: String) throws -> GivenReference {
        if text.hasPrefix("/") {
            throw ValidationError(
                "a path is not a reference; name a repository (team/app), a tag (team/app:1.0) or a manifest "
                    + "(team/app@sha256:…)")
        }
        guard let reference = GivenReference(text) else {
            throw ValidationError(
                "not a reference: repo, repo:tag or repo@sha256:…; names consist of letters, digits, '.', '_' and '-', "
                    + "no part of a name is '.' or '..' or begins with '_', and a digest has \(DigestPrefix.shortest) digits or more"
            )
        }
        return reference
    }

    /// A digest, which may be shortened.
    static func digest(_ text: String) throws -> DigestPrefix {
        guard let prefix = DigestPrefix(text) else {
            throw ValidationError(
                "not a digest: sha256: and 64 digits, of which the first \(DigestPrefix.shortest) are enough; `regtop show REF` "
                    + "lists digests")
        }
        return prefix
    }

    /// A repository without tag and digest.
    static func repository(_ text: String) throws -> RepositoryName {
        let reference = try reference(text)
        guard case .repository = reference.selector else {
            throw ValidationError("give the repository without tag and digest: \(reference.repository)")
        }
        return reference.repository
    }

    /// A duration longer than 0, in seconds.
    static func duration(_ text: String) throws -> Double {
        let seconds = try durationOrZero(text)
        guard seconds > 0 else { throw ValidationError("the duration must be longer than 0, such as 90s, 24h or 7d") }
        return seconds
    }

    /// A duration, in seconds.
    static func durationOrZero(_ text: String) throws -> Double {
        if let seconds = Quantity.seconds(text) { return seconds }
        if let number = Double(text), number > 0 {
            throw ValidationError(
                "a duration needs a unit: \(text)s is seconds, \(text)m minutes, \(text)h hours, \(text)d days")
        }
        throw ValidationError("not a duration, such as 90s, 24h or 7d")
    }

    /// An hour and a minute.
    static func timeOfDay(_ text: String) throws -> TimeOfDay {
        guard let time = TimeOfDay(text) else { throw ValidationError("not a time of day, such as 03:00") }
        return time
    }

    static func filter(_ text: String) throws -> Filter { try filter(text, FilterField.allCases) }

    static func filterOfRepositories(_ text: String) throws -> Filter { try filter(text, FilterField.ofRepositories) }

    static func filterOfTags(_ text: String) throws -> Filter { try filter(text, FilterField.ofTags) }

    private static func filter(_ text: String, _ fields: [FilterField]) throws -> Filter {
        do {
            return try Filter(text, fields: fields)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    static func tagPattern(_ text: String) throws -> Glob {
        do {
            return try Glob(text, for: .tag)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The date by which the age of an image counts.
    static func dating(_ text: String) throws -> RetentionRule.Dating {
        guard let dating = RetentionRule.Dating(rawValue: text) else {
            throw ValidationError("must be created or modified")
        }
        return dating
    }

    /// Runs a check of the planner that needs no pool.
    static func check(_ rule: () throws(ChangeError) -> Void) throws {
        do {
            try rule()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// A path of the driver's tree; it may end with a slash.
    static func path(_ text: String) throws -> StoragePath {
        let trimmed = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
        do {
            return try StoragePath(trimmed)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
