/// Something a person can do on a screen. Declared once: keys, hints, the help page and `:` names all come from here.
struct Command: Identifiable {
    /// The sections of the help page, in their order.
    enum Group: String, CaseIterable {
        case move = "Moving about"
        case view = "Looking"
        case change = "Changing"
        case place = "Going elsewhere"
        case general = "Always"
    }

    /// Short, unique on its screen; typed after `:`.
    let name: String
    let keys: [Key]
    /// A word or two for the hint bar; nil for what need not be said.
    var hint: String?
    /// One sentence for the help page.
    let help: String
    var group = Group.view
    /// Whether it may lead to a change of the store. Refused, in one place, where changes are not allowed.
    var isChange = false
    /// Whether it means something at the moment.
    var isEnabled: () -> Bool = { true }
    /// What may follow its name after `:`, such as the column of `:sort size`; nil where nothing may.
    var argument: Argument?
    let action: () -> Effect

    struct Argument {
        /// All that can be meant, for completion.
        let choices: () -> [String]
        let action: (String) -> Effect
    }

    var id: String { name }
}
