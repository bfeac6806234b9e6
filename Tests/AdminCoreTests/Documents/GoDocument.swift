import Foundation

@testable import SampleRegistry

/// A JSON document as a tree that keeps the order and the repetitions of members. It is random, is
/// written in any spelling that JSON allows, and is read by the rules of Go's `encoding/json`.
/// Independent of the code under test.
indirect enum GoDocument {
    case object([(key: String, value: GoDocument)])
    case array([GoDocument])
    case string(String)
    /// The number as it stands in the document.
    case number(String)
    case null

    // MARK: - Writing

    /// Returns the text, with random blanks and escapes.
    func text(_ random: inout SeededGenerator) -> String {
        func blank(_ random: inout SeededGenerator) -> String {
            ["", "", "", " ", "\n", "\t "].randomElement(using: &random) ?? ""
        }
        switch self {
        case .null: return "null"
        case .number(let text): return text
        case .string(let text): return GoDocument.quoted(text, &random)
        case .array(let elements):
            var parts: [String] = []
            for element in elements { parts.append(blank(&random) + element.text(&random) + blank(&random)) }
            return "[" + parts.joined(separator: ",") + "]"
        case .object(let members):
            var parts: [String] = []
            for (key, value) in members {
                parts.append(
                    blank(&random) + GoDocument.quoted(key, &random) + blank(&random) + ":" + blank(&random)
                        + value.text(&random)
                        + blank(&random))
            }
            return "{" + parts.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String, _ random: inout SeededGenerator) -> String {
        let escapes = Int.random(in: 0..<8, using: &random) == 0
        var quoted = "\""
        for unit in text.utf16 {
            if escapes, Bool.random(using: &random) {
                let hex = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                quoted += String(decoding: [unit], as: UTF16.self)
            }
        }
        return quoted + "\""
    }

    // MARK: - Reading, as the structures of docker/distribution are filled

    /// The digests that the registry sees: those that it would serve, and those that a pull
    /// requests.
    var seen: Set<String> {
        var (version, type) = ("", "")
        var config = ""
        var (layers, manifests, fsLayers) = (Slice(), Slice(), Slice())
        guard case .object(let members) = self else { return [] }
        for (key, value) in members {
            switch GoDocument.folded(key) {
            case "schemaversion": if case .number(let number) = value { version = number }
            case "mediatype": if case .string(let text) = value { type = text }
            case "config": GoDocument.decode(value, "digest", into: &config)
            case "layers": layers.decode(value, "digest")
            case "manifests": manifests.decode(value, "digest")
            case "fslayers": fsLayers.decode(value, "blobsum")
            default: break
            }
        }
        let found: [String] =
            if version == "1" {
                fsLayers.values
            } else if type.contains("list") || type.contains("index") {
                manifests.values
            } else {
                [config] + layers.values
            }
        return Set(found.filter { !$0.isEmpty })
    }

    /// A slice of structures with one field that is read. Go decodes a later array over the
    /// elements of an earlier one.
    private struct Slice {
        private var backing: [String] = []
        private var length = 0
        var values: [String] { Array(backing[..<length]) }

        mutating func decode(_ value: GoDocument, _ field: String) {
            switch value {
            case .null: (backing, length) = ([], 0)
            case .array(let elements):
                for (index, element) in elements.enumerated() {
                    if index == backing.count { backing.append("") }
                    GoDocument.decode(element, field, into: &backing[index])
                }
                length = elements.count
            default: break
            }
        }
    }

    private static func decode(_ value: GoDocument, _ field: String, into text: inout String) {
        guard case .object(let members) = value else { return }
        for (key, value) in members where folded(key) == field {
            if case .string(let said) = value { text = said }
        }
    }

    private static func folded(_ key: String) -> String {
        key.replacingOccurrences(of: "\u{17f}", with: "s").replacingOccurrences(of: "\u{212a}", with: "k").lowercased()
    }
}

/// Makes random manifests: sound ones, which may then get keys in another case, repeated keys,
/// another order, extra members, or sizes that are no numbers.
struct DocumentLottery {
    var random: SeededGenerator
    /// The digests to choose from.
    let digests: [String]

    mutating func draw() -> GoDocument {
        let docker = "application/vnd.docker.distribution.manifest"
        var members: [(key: String, value: GoDocument)]
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            members = [
                ("schemaVersion", .number("1")), ("fsLayers", array(of: "blobSum")),
                ("history", .array([.object([]), .object([("v1Compatibility", .string("{}"))])])),
            ]
        case 1:
            members = [
                ("schemaVersion", .number("2")), ("mediaType", .string("\(docker).list.v2+json")),
                ("manifests", array(of: "digest")),
            ]
        default:
            members = [
                ("schemaVersion", .number("2")), ("mediaType", .string("\(docker).v2+json")),
                ("config", descriptor("digest")), ("layers", array(of: "digest")),
            ]
        }
        // A second value, which Go decodes over the first one.
        for (key, value) in members where ["config", "layers", "manifests", "fsLayers"].contains(key) && isDrawn(3) {
            let other: GoDocument
            switch value {
            case .array: other = array(of: key == "fsLayers" ? "blobSum" : "digest")
            default: other = descriptor("digest")
            }
            members.append((key, other))
        }
        if isDrawn(3) { members.append(("annotations", .object([("digest", digest()), ("x", .null)]))) }
        if isDrawn(4) { members.append(("other", .array([.object([("size", .number("1"))]), .null]))) }
        if isDrawn(2) { members.shuffle(using: &random) }
        return .object(respelled(members))
    }

    private mutating func isDrawn(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private mutating func digest() -> GoDocument { .string(digests.randomElement(using: &random) ?? "") }

    private mutating func array(of field: String) -> GoDocument {
        .array((0..<Int.random(in: 1...4, using: &random)).map { _ in descriptor(field) })
    }

    private mutating func descriptor(_ field: String) -> GoDocument {
        var members: [(key: String, value: GoDocument)] = [(field, digest())]
        if isDrawn(4) { members.append((field, digest())) }
        if isDrawn(2) {
            let size = ["-1", "0", "9223372036854775807", "8.1e3", "12"].randomElement(using: &random) ?? "0"
            members.append(("size", isDrawn(4) ? .string("many") : .number(size)))
        }
        if isDrawn(2) { members.shuffle(using: &random) }
        if isDrawn(6) { members.append(("platform", .object([("os", .string("linux")), ("digest", .null)]))) }
        return .object(respelled(members))
    }

    private mutating func respelled(_ members: [(key: String, value: GoDocument)]) -> [(key: String, value: GoDocument)]
    {
        var respelled = members
        for index in members.indices where isDrawn(3) {
            respelled[index].key = String(
                members[index].key.map { character -> Character in
                    switch (character, Int.random(in: 0..<4, using: &random)) {
                    case ("s", 0), ("S", 0): "\u{17f}"
                    case ("k", 0), ("K", 0): "\u{212a}"
                    case (_, 1): Character(character.uppercased())
                    case (_, 2): Character(character.lowercased())
                    default: character
                    }
                })
        }
        return respelled
    }
}
