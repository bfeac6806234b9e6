/// A text that the user may want in the clipboard.
package nonisolated struct CopyItem: Sendable, Hashable {
    /// The kinds of such texts. Each has the same key on every screen.
    package enum Kind: String, Sendable, CaseIterable {
        case commandLine = "command line"
        /// A name or a reference.
        case name
        case digest
        case path
        case object

        /// The key that chooses the first text of this kind. The name has the key that copies it
        /// without a choice.
        var key: Character {
            switch self {
            case .commandLine: "y"
            case .name: "Y"
            case .digest: "d"
            case .path: "p"
            case .object: "o"
            }
        }
    }

    let kind: Kind
    let text: String

    package init(_ kind: Kind, _ text: String) {
        (self.kind, self.text) = (kind, text)
    }

    /// Returns the effect that copies the only text, or the one that the user chooses.
    static func copy(_ items: [CopyItem]) -> Effect {
        var known: Set<CopyItem> = []
        let items = items.filter { !$0.text.isEmpty && known.insert($0).inserted }
        guard let first = items.first else { return .none }
        guard items.count > 1 else { return .copy(first.text) }
        var used: Set<Kind> = []
        let options = items.map { item in
            let isFirst = used.insert(item.kind).inserted
            let kind = Line(item.kind.rawValue).fitted(to: 14).text
            return ChoicePanel.Option(
                name: kind + item.text, meaning: item.text, key: isFirst ? item.kind.key : nil)
        }
        return .choose(ChoicePanel(title: "Copy", options: options, declined: "Nothing was copied.")) {
            .copy(items[$0].text)
        }
    }
}
