namespace Recs.Api.Pages.Storefront;

/// <summary>Whether the shop can open, and what it waits for.</summary>
/// <param name="Ready">True once lists are worth showing.</param>
/// <param name="Text">What is being done, for people.</param>
/// <param name="Percent">Share of it, 0 to 100; absent when not known.</param>
internal sealed record Startup(bool Ready, string Text, double? Percent)
{
    public static async Task<Startup> ReadAsync(IRecommender recommender, StartupProgress? progress, CancellationToken cancel)
    {
        var status = await recommender.StatusAsync(cancel);
        if (!status.Ready)
            return new Startup(false, status.Starting ?? "opening the data folder", null);
        // A first start serves while it still makes its data; a shop of half a catalogue would look broken.
        // "starting" is what nobody has reported on: a host that tells no progress is ready when it says so.
        return progress?.Current is { Done: false, Stage: not "starting" and not "recovering" } stage
            ? new Startup(false, stage.Detail.Length > 0 ? $"{stage.Stage}: {stage.Detail}" : stage.Stage, Math.Round(stage.Share * 100, 1))
            : new Startup(true, "ready", 100);
    }
}
