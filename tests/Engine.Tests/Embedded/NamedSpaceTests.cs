using System.Numerics.Tensors;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Tests.Embedded;

public sealed class NamedSpaceTests
{
    private const int Dimensions = 16;

    private static readonly VectorSpace Text = new("text", Dimensions, SpaceMetric.Cosine);

    [Fact]
    public async Task Vectors_that_were_acknowledged_are_found_after_a_stop_and_after_a_crash()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { Spaces = [Text] });
        var vectors = await WriteAsync(host, 300, seed: 3);
        await host.RestartAsync();
        for (var i = 0; i < 20; i++)
            await host.Recommender.UpsertItemsAsync([ItemOf(i, vectors[i] = RandomVector(new Random(100 + i)))]);
        await host.Recommender.UpsertItemsAsync([new Item { Id = "i20", Vectors = new Dictionary<string, ReadOnlyMemory<float>> { ["text"] = default } }]);
        vectors.Remove(20);

        // The options of the crashed one say nothing of spaces: the folder does.
        await using var crashed = await host.CrashCopyAsync();
        var plain = new EmbeddedRecommender(crashed.Options with { Spaces = [] }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await crashed.Recommender.DisposeAsync();
        await using (plain)
        {
            await plain.StartAsync();
            foreach (var recommender in new[] { host.Recommender, plain })
            {
                Assert.Equal(299, Assert.Single((await recommender.StatusAsync()).Spaces!).Vectors);
                foreach (var seed in new[] { 0, 7, 150, 299 })
                {
                    var near = vectors.Where(v => v.Key != seed).OrderByDescending(v => TensorPrimitives.CosineSimilarity(vectors[seed], v.Value)).Take(10);
                    Assert.Equal(near.Select(n => $"i{n.Key}"), await NearAsync(recommender, seed, 10));
                }
            }
        }
    }

    [Fact]
    public async Task More_vectors_than_are_scored_one_by_one_are_still_found_and_a_write_among_them_shows_at_once()
    {
        // 8 MiB are 131,072 vectors of 16 values: in another space of 512, 4,096 are enough.
        var wide = new VectorSpace("wide", 512, SpaceMetric.InnerProduct);
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { Spaces = [wide] });
        var random = new Random(9);
        for (var batch = 0; batch < 5; batch++)
        {
            await host.Recommender.UpsertItemsAsync([.. Enumerable.Range(batch * 1_000, 1_000).Select(i =>
            {
                var vector = new float[512];
                vector[i % 500] = 1 + random.NextSingle();
                return new Item { Id = $"i{i}", Vectors = new Dictionary<string, ReadOnlyMemory<float>> { ["wide"] = vector } };
            })]);
        }

        await host.RestartAsync();
        // Ten items share an axis with the fifth.
        var page = await host.Recommender.SimilarAsync(new SimilarRequest { ItemId = "i5", Space = "wide", Count = 9, Deadline = TimeSpan.FromSeconds(10) });
        Assert.Equal(Enumerable.Range(1, 9).Select(n => $"i{500 * n + 5}").Order(), page.Items.Select(i => i.Id).Order());
        var moved = new float[512];
        moved[5] = 9;
        await host.Recommender.UpsertItemsAsync([new Item { Id = "i77", Vectors = new Dictionary<string, ReadOnlyMemory<float>> { ["wide"] = moved } }]);
        page = await host.Recommender.SimilarAsync(new SimilarRequest { ItemId = "i5", Space = "wide", Count = 1, Deadline = TimeSpan.FromSeconds(10) });
        Assert.Equal("i77", Assert.Single(page.Items).Id);
    }

    [Fact]
    public async Task A_declared_space_stays_and_cannot_become_another()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { Spaces = [Text] });
        await host.Recommender.DisposeAsync();
        var other = new EmbeddedRecommender(
            host.Options with { Spaces = [new VectorSpace("text", 32, SpaceMetric.Cosine)] }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => other.StartAsync());
        Assert.Equal((RefusalKind.Conflict, "text:32:cosine", "text:16:cosine"), (refusal.Kind, refusal.Value, refusal.Legal));
        Assert.Equal([Text], SpaceFile.Read(host.Data));
        var image = new VectorSpace("image", 20, SpaceMetric.Euclidean);
        Assert.Equal([Text, image], SpaceFile.Declare(host.Data, [image]));
        await File.WriteAllTextAsync(DataFolder.Spaces(host.Data), """{"spaces":[{"name":"text","dimensions":9,"metric":"cosine"}]}""");
        Assert.Contains("spaces.json", Assert.Throws<InvalidDataException>(() => SpaceFile.Read(host.Data)).Message, StringComparison.Ordinal);
        Assert.Throws<RecommenderException>(() => new EmbeddedRecommender(
            host.Options with { Spaces = [Text, Text] }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance));
    }

    [Fact]
    public async Task Pages_that_vectors_had_a_part_in_come_out_the_same_when_they_are_made_again()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { Spaces = [Text], FeatureLogShare = 1 });
        await WriteAsync(host, 200, seed: 6);
        for (var u = 0; u < 5; u++)
        {
            await host.Recommender.ObserveAsync([.. Enumerable.Range(0, 6).Select(n => new Interaction { UserId = $"u{u}", ItemId = $"i{(u * 31 + n * 7) % 200}", Type = InteractionType.Click })]);
            var page = await host.Recommender.RecommendAsync(new PageRequest { UserId = $"u{u}", Deadline = TimeSpan.FromSeconds(10) });
            Assert.Contains(page.Items, i => i.Sources.Contains("vectors:text"));
            await NearAsync(host.Recommender, u, 10);
        }

        await host.Recommender.DisposeAsync();
        var pages = new List<ReplayedImpression>();
        await foreach (var page in new PageReplay(host.Options).RunAsync())
            pages.Add(page);
        Assert.Equal(10, pages.Count);
        Assert.All(pages, page => Assert.Equal(("same", null), (page.Outcome, page.Difference)));
    }

    private static async Task<Dictionary<int, float[]>> WriteAsync(EmbeddedHost host, int count, int seed)
    {
        var random = new Random(seed);
        var vectors = Enumerable.Range(0, count).ToDictionary(i => i, _ => RandomVector(random));
        foreach (var batch in vectors.Chunk(100))
            await host.Recommender.UpsertItemsAsync([.. batch.Select(v => ItemOf(v.Key, v.Value))]);
        return vectors;
    }

    private static Item ItemOf(int i, float[] vector) =>
        new() { Id = $"i{i}", Vectors = new Dictionary<string, ReadOnlyMemory<float>> { ["text"] = vector } };

    private static async Task<IEnumerable<string>> NearAsync(EmbeddedRecommender recommender, int seed, int count) =>
        (await recommender.SimilarAsync(new SimilarRequest { ItemId = $"i{seed}", Space = "text", Count = count, Deadline = TimeSpan.FromSeconds(10) })).Items.Select(i => i.Id);

    private static float[] RandomVector(Random random)
    {
        var vector = new float[Dimensions];
        foreach (ref var value in vector.AsSpan())
            value = random.NextSingle() - 0.5f;
        return vector;
    }
}
