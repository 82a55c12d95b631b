using System.CommandLine;
using Recs.Cli.Output;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>recs user USER.</summary>
internal static class UserCommand
{
    public static Command Create(CliHost host)
    {
        var user = new Argument<string>("USER") { Description = "A user's id." };
        var command = new Command("user", "What is held about a user.") { user };
        var target = new TargetOptions(command);
        var output = new OutputOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var id = parsed.GetRequiredValue(user);
            var open = await target.OpenAsync(parsed, host, create: false, cancel).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
            {
                var profile = await open.Recommender.ProfileAsync(id, cancel).ConfigureAwait(false)
                    ?? throw new RecommenderException(RefusalKind.NotFound, $"There is no user '{id}'.");
                output.Print(parsed, host, profile, () => Print(host.Terminal, profile));
            }

            return RecsCommand.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, UserProfile profile)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        grid.AddRow("User", $"[bold]{Terminal.Escape(profile.UserId)}[/], sequence {profile.Sequence}");
        grid.AddRow("Seen", Figures.Plain($"{profile.FirstSeen:yyyy-MM-dd HH:mm} to {profile.LastSeen:yyyy-MM-dd HH:mm} UTC"));
        grid.AddRow("Events", string.Join(", ", profile.Counts.OrderByDescending(c => c.Value).Select(c => $"{Json.Line(c.Key).Trim('"')} {c.Value:N0}")));
        grid.AddRow("Items", $"{profile.SeenItems:N0} seen, {profile.Hidden.Count:N0} hidden, {profile.RetainedHistory:N0} in the vector");
        grid.AddRow("Categories", Shares(profile.Categories));
        grid.AddRow("Tags", Shares(profile.Tags));
        if (profile.MergedGuests.Count > 0)
            grid.AddRow("Guests", Terminal.Escape(string.Join(", ", profile.MergedGuests)));
        terminal.Console.Write(grid);
        if (profile.Recent.Count == 0)
            return;
        var recent = new Table().Border(TableBorder.Rounded).AddColumns("Lately", "Item", "What");
        foreach (var e in profile.Recent.Take(20))
            recent.AddRow(Figures.Plain($"{e.At:yyyy-MM-dd HH:mm:ss}"), Terminal.Escape(e.ItemId), Json.Line(e.Type).Trim('"'));
        terminal.Console.Write(recent);
    }

    private static string Shares(IReadOnlyList<TermAffinity> terms) => terms.Count == 0
        ? "[grey]none yet[/]"
        : string.Join(", ", terms.Take(8).Select(t => Figures.Plain($"{Terminal.Escape(t.Name)} [grey]{t.Share * 100:0.#} %[/]")));
}

/// <summary>recs forget USER.</summary>
internal static class ForgetCommand
{
    public static Command Create(CliHost host)
    {
        var user = new Argument<string>("USER") { Description = "A user's id." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("forget", "Remove a user from memory, disk, logs and the next training set, for good.") { user, yes };
        var target = new TargetOptions(command);
        var output = new OutputOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var id = parsed.GetRequiredValue(user);
            if (!parsed.GetValue(yes))
            {
                if (!host.Terminal.CanAsk)
                    throw new RecommenderException(RefusalKind.Conflict, "Forgetting cannot be undone; say --yes.");
                if (!host.Terminal.Confirm($"Remove everything about '{Terminal.Printable(id)}' from {target.NameOf(parsed)} for good?"))
                    return RecsCommand.Failed;
            }

            var open = await target.OpenAsync(parsed, host, create: false, cancel).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
            {
                // Half a removal proves nothing, so it is not stopped half-way.
                var receipt = await open.Recommender.ForgetAsync(id, CancellationToken.None).ConfigureAwait(false);
                output.Print(parsed, host, receipt, () => host.Terminal.Console.Write(new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn()
                    .AddRow("Removed", Terminal.Escape(string.Join(", ", receipt.Ids)))
                    .AddRow("Events", $"{receipt.EventsRemoved:N0}, and {receipt.ImpressionsRemoved:N0} impressions")
                    .AddRow("Searched", $"{Figures.Bytes(receipt.BytesSearched)} afterwards, {receipt.FilesRewritten:N0} files rewritten")
                    .AddRow("Remaining", receipt.Remaining == 0 ? "[green]0[/]" : $"[red]{receipt.Remaining:N0}[/]")));
                return receipt.Remaining == 0 ? RecsCommand.Ok : RecsCommand.Failed;
            }
        });
        return command;
    }
}
