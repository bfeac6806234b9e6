import AdminCore
import ArgumentParser

/// Turns arguments into the values they name, and says what is wrong with those that name none.
nonisolated enum ArgumentText {
    /// `repo`, `repo:tag` or `repo@sha256:…`. Throws `ValidationError`.
    static func reference(_ text: String) throws -> ImageReference {
        guard case .whole(let reference) = try given(text) else {
            throw ValidationError("the digest is not shortened here: all its digits are needed")
        }
        return reference
    }

    /// The same, with a digest that may be shortened. Throws `ValidationError`.
    static func given(_ text: String) throws -> GivenReference {
        if text.hasPrefix("/") {
            throw ValidationError(
                "a path is no reference; name a repository (team/app), a tag (team/app:1.0) or a manifest "
                    + "(team/app@sha256:…)")
        }
        guard let reference = GivenReference(text) else {
            throw ValidationError(
                "it is no reference: repo, repo:tag or repo@sha256:…, where names are made of letters, digits, '.', '_' and '-' and "
                    + "no part is '.' or '..' or begins with '_', and a digest has \(DigestPrefix.shortest) digits or more"
            )
        }
        return reference
    }

    /// A digest that may be shortened. Throws `ValidationError`.
    static func digest(_ text: String) throws -> DigestPrefix {
        guard let prefix = DigestPrefix(text) else {
            throw ValidationError(
                "it is no digest, such as sha256: and 64 digits, of which the first \(DigestPrefix.shortest) suffice; `regtop show REF` "
                    + "lists them")
        }
        return prefix
    }

    /// A repository without a tag. Throws `ValidationError`.
    static func repository(_ text: String) throws -> RepositoryName {
        let reference = try reference(text)
        guard case .repository = reference.selector else {
            throw ValidationError("a repository is wanted here, without tag and digest: \(reference.repository)")
        }
        return reference.repository
    }

    /// A duration longer than 0, in seconds. Throws `ValidationError`.
    static func duration(_ text: String) throws -> Double {
        let seconds = try durationOrZero(text)
        guard seconds > 0 else { throw ValidationError("the duration must be longer than 0, such as 90s, 24h or 7d") }
        return seconds
    }

    /// A duration, in seconds. Throws `ValidationError`.
    static func durationOrZero(_ text: String) throws -> Double {
        if let seconds = Quantity.seconds(text) { return seconds }
        if let number = Double(text), number > 0 {
            throw ValidationError(
                "a duration needs a unit: \(text)s is seconds, \(text)m minutes, \(text)h hours, \(text)d days")
        }
        throw ValidationError("not a duration, such as 90s, 24h or 7d")
    }

    /// An hour and a minute. Throws `ValidationError`.
    static func timeOfDay(_ text: String) throws -> TimeOfDay {
        guard let time = TimeOfDay(text) else { throw ValidationError("it is no time of day, such as 03:00") }
        return time
    }

    /// A filter. Throws `ValidationError`.
    static func filter(_ text: String) throws -> Filter {
        do {
            return try Filter(text)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// A pattern for tags. Throws `ValidationError`.
    static func tagPattern(_ text: String) throws -> Glob {
        do {
            return try Glob(text, for: .tag)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// What an image is as old as. Throws `ValidationError`.
    static func dating(_ text: String) throws -> RetentionRule.Dating {
        guard let dating = RetentionRule.Dating(rawValue: text) else {
            throw ValidationError("it is neither created nor modified")
        }
        return dating
    }

    /// A path of the tree; a slash at its end is allowed. Throws `ValidationError`.
    static func path(_ text: String) throws -> StoragePath {
        let trimmed = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
        do {
            return try StoragePath(trimmed)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
