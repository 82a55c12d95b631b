using System.CommandLine;

namespace Recs.Cli.Commands;

/// <summary>recs recommend USER.</summary>
internal static class RecommendCommand
{
    public static Command Create(CliHost host)
    {
        var user = new Argument<string>("USER") { Description = "A user's id, known or not." };
        var includeSeen = new Option<bool>("--include-seen") { Description = "Also items that the user has met." };
        var whyNot = new Option<string[]>("--why-not") { Description = "Say where this item was lost (again and again).", HelpName = "ITEM" };
        var surface = new Option<string>("--surface") { Description = "Where the page is shown.", DefaultValueFactory = _ => "home" };
        var command = new Command("recommend", "What to show a user.") { user, includeSeen, whyNot, surface };
        var page = new PageOptions(command);
        command.SetAction((parsed, cancel) =>
        {
            var request = new PageRequest
            {
                UserId = parsed.GetRequiredValue(user),
                Count = page.Count(parsed),
                Filter = page.Filter(parsed),
                Exclude = page.Exclude(parsed),
                Explain = page.Explain(parsed),
                Surface = parsed.GetValue(surface)!,
                IncludeSeen = parsed.GetValue(includeSeen),
                WhyNot = parsed.GetValue(whyNot) ?? [],
                Deadline = PageOptions.Deadline,
            };
            return page.RunAsync(parsed, host, r => r.RecommendAsync(request, cancel), cancel);
        });
        return command;
    }
}

/// <summary>recs similar ITEM.</summary>
internal static class SimilarCommand
{
    public static Command Create(CliHost host)
    {
        var item = new Argument<string>("ITEM") { Description = "An item's id." };
        var user = new Option<string>("--user") { Description = "Leave out what this user has seen or hidden." };
        var space = new Option<string>("--space") { Description = "Only by the vectors of this named space.", HelpName = "NAME" };
        var command = new Command("similar", "Items like one item.") { item, user, space };
        var page = new PageOptions(command);
        command.SetAction((parsed, cancel) =>
        {
            var request = new SimilarRequest
            {
                ItemId = parsed.GetRequiredValue(item),
                Space = parsed.GetValue(space),
                Count = page.Count(parsed),
                Filter = page.Filter(parsed),
                Exclude = page.Exclude(parsed),
                Explain = page.Explain(parsed),
                UserId = parsed.GetValue(user),
                Deadline = PageOptions.Deadline,
            };
            return page.RunAsync(parsed, host, r => r.SimilarAsync(request, cancel), cancel);
        });
        return command;
    }
}
