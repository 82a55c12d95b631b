using Recs.Training;
using Recs.Training.Simulation;

namespace Recs.Cluster.Tests.Processes;

/// <summary>Fills a cluster with a small simulated shop and a model of it, so that its shards have something to hold.</summary>
internal static class DemoShop
{
    private const int Seed = 7;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>The shop's item ids. Nothing is done when the cluster serves a model already.</summary>
    public static async Task<IReadOnlyList<string>> OpenAsync(IRecommender recommender, IGrainFactory grains, string artifacts)
    {
        var time = TimeProvider.System;
        var world = DemoWorld.Create(new DemoWorldOptions { Seed = Seed, Items = 200, Users = 40, Days = 6, End = time.GetUtcNow() });
        var ids = world.Items.Select(i => i.Id).ToArray();
        if ((await recommender.StatusAsync()).ModelVersion is not null)
            return ids;
        foreach (var chunk in world.Items.Chunk(Limits.MaxItemsPerBatch))
            await recommender.UpsertItemsAsync(chunk);
        var row = 0;
        foreach (var chunk in world.History().Chunk(500))
        {
            await recommender.ObserveAsync(chunk, new ImportRows("world", row));
            row += chunk.Length;
        }

        // The log has an event a moment after its user has it.
        while ((await recommender.StatusAsync()).TotalEvents < row)
            await Task.Delay(Look, time);
        var manifest = await Trainer.TrainAsync(new TrainingOptions { DataDirectory = artifacts, Rank = 8, Seed = Seed }, time);
        Assert.Equal(manifest.Version, await grains.GetGrain<IControlGrain>(0).RollOutModelAsync());
        return ids;
    }
}
