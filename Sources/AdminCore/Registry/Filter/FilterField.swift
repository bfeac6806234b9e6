public import Foundation

/// What a filter can ask a row for, by the name that is written in a filter. The same for every kind of row; what a row does not have
/// fulfils no comparison.
public enum FilterField: String, Hashable, Sendable, CaseIterable {
    // Times.
    case created, modified
    /// How long ago it was last changed.
    case age
    // Bytes.
    case size, unique, shared
    // Numbers.
    case tags, revisions, uploads
    // Texts.
    case name, state, digest, platform, kind

    /// What its values are.
    public enum Kind: Sendable {
        /// Bytes, written as `500M`.
        case bytes
        /// A plain number.
        case number
        /// A span, written as `180d`.
        case duration
        /// A moment, written as `2015-01-01` or RFC 3339.
        case time
        /// A text.
        case text
    }

    /// What its values are.
    public var kind: Kind {
        switch self {
        case .created, .modified: .time
        case .age: .duration
        case .size, .unique, .shared: .bytes
        case .tags, .revisions, .uploads: .number
        case .name, .state, .digest, .platform, .kind: .text
        }
    }
}

/// The value of a row's field.
public enum FilterValue: Hashable, Sendable {
    /// Bytes, or a plain number.
    case number(UInt64)
    /// A moment.
    case time(Date)
    /// A text.
    case text(String)
    /// Several texts: a comparison holds if it does for one of them.
    case texts([String])
}

/// A row that can be filtered.
public protocol Filterable {
    /// The value of a field; nil if the row has none, or if it is not known. Not asked for `.age`: that follows from `.modified`.
    func value(of field: FilterField) -> FilterValue?

    /// What a plain word of a filter is looked for in.
    var filterText: String { get }
}
