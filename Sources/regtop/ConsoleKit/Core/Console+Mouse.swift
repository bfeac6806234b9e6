extension Console {
    /// Takes an event of the mouse. A question and an input take only the wheel.
    func point(_ event: MouseEvent, _ size: Size) {
        switch event.kind {
        case .wheelUp: wheel(.up, size)
        case .wheelDown: wheel(.down, size)
        case .click, .doubleClick:
            guard case nil = overlay else { return }
            let frame = ConsoleFrame(console: self, size: size, now: ContinuousClock.now)
            switch frame.place(row: event.row, column: event.column) {
            case .body(let row): point(at: row, event, of: frame.screenRows)
            // The second click of two is meant for the same hint, which may have another meaning
            // by now.
            case .crumb(let index) where event.kind == .click: goBack(to: index)
            case .hint(let command) where event.kind == .click: run(command)
            case .crumb, .hint, nil: break
            }
        }
    }

    private func point(at row: Int, _ event: MouseEvent, of rows: Int) {
        switch screen.pointer?.point(at: row, event.column, of: rows) {
        case .action(let effect): perform(effect)
        case .row where event.kind == .doubleClick:
            let opening = screen.commands.filter { ["open", "turn-folder"].contains($0.name) }
            if let open = opening.first(where: works) ?? opening.first { run(open) }
        case .row, .nothing, nil: break
        }
    }

    private func wheel(_ key: Key, _ size: Size) {
        for _ in 0..<3 { scroll(key, size: size) }
    }
}
