import AdminCore
import ConsoleKit
import SafeText
import Foundation

/// Cells that several tables have in common.
nonisolated enum Cells {
    /// The cell of a value that is not known, or not known yet.
    static let unknown = Line("–", .dim)

    /// The size in the greatest unit, with the number of bytes if there is room.
    static func size(_ bytes: UInt64?, _ width: Int = 0) -> Line {
        guard let bytes else { return unknown }
        let exact = "\(HumanText.bytes(bytes)), \(HumanText.count(bytes)) bytes"
        return Line(bytes >= 1024 && exact.count <= width ? exact : HumanText.bytes(bytes))
    }

    static func exact(_ bytes: UInt64?) -> Line {
        bytes.map { Line(HumanText.count($0)) } ?? unknown
    }

    static func count(_ count: Int?) -> Line {
        count.map { Line(HumanText.count($0)) } ?? unknown
    }

    /// The day, with the time and the zone if there is room.
    static func date(_ date: Date?, _ width: Int) -> Line {
        guard let date else { return unknown }
        let texts = [HumanText.second(date), HumanText.minute(date)]
        return Line(texts.first { $0.count <= width } ?? HumanText.day(date))
    }

    /// The word of a state, coloured by its severity.
    static func state(_ word: String) -> Line {
        switch word {
        case "ok": Line(word, .good)
        case "part", "elsewhere": Line(word, .dim)
        case "untagged", "uploads-only", "unlinked", "surplus", "upload", "suspect", "waste": Line(word, .warning)
        default: Line(word, .bad)
        }
    }

    /// A state with its meaning, for the details of a row.
    static func meaning(of state: String?) -> [String] {
        guard let state else { return [] }
        let meaning: String? =
            switch state {
            case "untagged": "no tag names it. A collection keeps it unless :untagged says otherwise"
            case "uploads-only": "unfinished uploads and nothing else"
            case "suspect": "a chunk is too long, so only its content tells whether it can be pulled. Enter reads it"
            case "waste": "it can be pulled, and has bytes of no use"
            case "damaged": "it cannot be pulled as a whole"
            case "unread": "it could not be read"
            case "part": "an index needs it"
            case "elsewhere": "the pool does not have it, and need not have it"
            case "unlinked": "the repository has no link to it, and so does not serve it"
            case "upload": "an unfinished upload"
            case "missing": "it is not there"
            case "short": "it has lost its end"
            case "long": "it has more bytes than its place in the file"
            case "surplus": "it lies behind the end of the file"
            default: nil
            }
        return [meaning.map { "\(state): \($0)." } ?? state]
    }

    /// The beginning of a digest that fits: people compare beginnings.
    static func digest(_ digest: Digest?, _ width: Int) -> Line {
        guard let digest else { return unknown }
        let text = digest.string
        return width >= text.utf8.count ? Line(text) : Line(text).truncated(to: max(1, width))
    }

    /// A sentence with shortened digests, so that the rest of it is visible.
    static func note(_ text: String) -> Line {
        var short = ""
        var rest = text[...]
        while let start = rest.range(of: "sha256:") {
            let digits = rest[start.upperBound...].prefix { $0.isHexDigit }
            short += rest[..<start.upperBound] + (digits.count > 12 ? digits.prefix(12) + "…" : digits)
            rest = rest[digits.endIndex...]
        }
        return Line(short + rest, .dim)
    }

    /// The beginning of a text. Pushed text may have any length, and every frame would have to
    /// process all of it.
    static func excerpt(_ text: String) -> String {
        // Counts scalars, because one letter may have thousands of marks.
        let kept = text.unicodeScalars.prefix(2000)
        return kept.endIndex == text.endIndex ? text : String(String.UnicodeScalarView(kept)) + Line.ellipsis
    }

    /// The common name of a media type, such as `schema 2` or `OCI index`; for an artifact that is
    /// not an image its kind, such as `Helm chart`.
    static func kind(_ kind: ArtifactKind?, _ mediaType: String?) -> Line {
        if let kind, kind.isSpecial { return Line("\(kind)") }
        guard let mediaType else { return unknown }
        let known = [
            "application/vnd.docker.distribution.manifest.v1+json": "schema 1",
            "application/vnd.docker.distribution.manifest.v1+prettyjws": "schema 1",
            "application/vnd.docker.distribution.manifest.v2+json": "schema 2",
            "application/vnd.docker.distribution.manifest.list.v2+json": "list",
            "application/vnd.oci.image.manifest.v1+json": "OCI",
            "application/vnd.oci.image.index.v1+json": "OCI index",
        ]
        return Line(known[mediaType] ?? mediaType)
    }

    /// Seconds since 1970, as a sort key.
    static func order(_ date: Date?) -> Int64? {
        date.map { Int64($0.timeIntervalSince1970) }
    }

    static func order(_ bytes: UInt64?) -> Int64? {
        bytes.map { Int64(clamping: $0) }
    }
}
