import Foundation

/// A JSON value whose objects keep their keys in the order in which they were written down, which is the order of the documentation.
nonisolated enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Int64)
    case unsigned(UInt64)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A key with its value.
    struct Member: Sendable, Equatable {
        let key: String
        let value: JSONValue
    }

    /// An object with one more key, for what few objects have; as it is if there is no value.
    func adding(_ key: String, _ value: JSONValue?) -> JSONValue {
        guard let value, case .object(let members) = self else { return self }
        return .object(members + [Member(key: key, value: value)])
    }

    /// A text, or null.
    static func text(_ value: (some CustomStringConvertible)?) -> JSONValue {
        value.map { .string($0.description) } ?? .null
    }

    /// A number, or null.
    static func bytes(_ value: UInt64?) -> JSONValue {
        value.map { .unsigned($0) } ?? .null
    }

    /// A number.
    static func count(_ value: Int?) -> JSONValue {
        value.map { .number(Int64($0)) } ?? .null
    }

    /// RFC 3339 in UTC, or null.
    static func time(_ value: Date?) -> JSONValue {
        value.map { .string(TimeText.rfc3339($0)) } ?? .null
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    nonisolated init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(key: $0.0, value: $0.1) })
    }

    nonisolated init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    nonisolated init(stringLiteral value: String) {
        self = .string(value)
    }
}
