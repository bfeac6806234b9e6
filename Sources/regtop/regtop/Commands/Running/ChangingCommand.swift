import AdminCore

/// A command that changes what a store holds: by a plan that is shown, and after a question. Named beside `StoreCommand`, from which alone
/// the compiler learns where a command runs.
nonisolated protocol ChangingCommand: StoreCommand {
    var format: FormatOptions { get }
    var change: ChangeOptions { get }
    var registries: OfflineOptions { get }
}

extension ChangingCommand {
    nonisolated var sessionOptions: SessionOptions { store.session(registries) }

    nonisolated func prepare(_ streams: StandardStreams) throws {
        try change.prepare(isReadOnly: store.readOnly, streams)
    }

    /// From a plan to its results, as the options say.
    nonisolated func proposal(in context: CommandContext) -> ChangeProposal {
        ChangeProposal(context: context, options: change, format: format.format)
    }
}
