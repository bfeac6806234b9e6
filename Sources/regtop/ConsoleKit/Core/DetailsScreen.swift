/// Everything that a table knows about the row under its cursor, for a console without room for it
/// beside the table.
final class DetailsScreen: Screen {
    private let view: TextView

    let title = TitleBar(title: "Details")

    var commands: [Command] { view.commands }

    init(_ pointer: any Pointable) {
        view = TextView { pointer.details($0) }
    }

    func lines(_ size: Size) -> [Line] { view.lines(size) }
}
