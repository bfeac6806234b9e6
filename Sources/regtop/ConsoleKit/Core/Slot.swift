/// A place for one running query. A newer query in the same slot takes the place of the older one.
nonisolated struct Slot: Hashable {
    /// The screen that asked. Held, so that its identity cannot pass to another one while something runs.
    let owner: AnyObject
    let name: String

    init(_ owner: AnyObject, _ name: String) {
        self.owner = owner
        self.name = name
    }

    static func == (left: Slot, right: Slot) -> Bool {
        left.owner === right.owner && left.name == right.name
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(owner))
        hasher.combine(name)
    }
}
