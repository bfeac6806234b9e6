/// What a piece of text is, not how it looks: the palette decides on that for each terminal. State is always said in a
/// word as well, never by colour alone.
nonisolated enum Style: UInt8, CaseIterable, Sendable {
    case normal
    case dim
    case title
    case header
    case headerAlert
    case columnTitle
    case selected
    case match
    case marked
    case good
    case warning
    case bad
    case key
    case bar
    case barShared
    case rule
}
