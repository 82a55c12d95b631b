using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Recs.Training.Tests.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("recs-models-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_model_comes_back_under_the_numbers_of_another_process()
    {
        var written = new ItemCatalog();
        foreach (var id in new[] { "unrelated", "a", "b", "c", "only-popular" })
            written.Intern(id);
        var folder = ModelFolder.Write(_root, SampleModel.Create(written), written);

        var read = new ItemCatalog();
        foreach (var id in new[] { "c", "x", "a" })
            read.Intern(id);
        var model = ModelFolder.Load(folder, read);

        int Number(string id) => read.TryGetNumber(id, out var n) ? n : throw new KeyNotFoundException(id);
        Assert.Equal(3, model.Factors.Rows);
        Assert.Equal([1f, 2f], model.Factors.Row(model.Factors.RowOf(Number("a"))).ToArray());
        Assert.Equal([3f, 4f], model.Factors.Row(model.Factors.RowOf(Number("b"))).ToArray());
        Assert.Equal([-5f, 6f], model.Factors.Row(model.Factors.RowOf(Number("c"))).ToArray());
        Assert.Equal(-1, model.Factors.RowOf(Number("x")));
        Assert.Equal(-1, model.Factors.RowOf(Number("only-popular")));
        Assert.Equal([Number("c"), Number("b")], model.Neighbours.Of(Number("a")).ToArray());
        Assert.Equal([0.9f, 0.5f], model.Neighbours.ScoresOf(Number("a")).ToArray());
        Assert.True(model.Neighbours.Of(Number("b")).IsEmpty);
        Assert.Equal([Number("only-popular")], model.Neighbours.Of(Number("c")).ToArray());
        Assert.Equal(7.5f, model.Popularity[Number("only-popular")]);
        Assert.Equal(2f, model.Popularity[Number("b")]);
        Assert.Equal(0f, model.Popularity[Number("x")]);
        Assert.False(read.TryGetNumber("unrelated", out _));
        // 1*1 + 3*3 + 5*5, 1*2 + 3*4 - 5*6, 2*2 + 4*4 + 6*6.
        Assert.Equal([35, -16, -16, 56], model.Factors.Gramian);
        Assert.Equal(0.3, model.Factors.UnobservedWeight);
        Assert.Equal(FallbackRanker.Instance.Parameters.Weights, ((LogisticRanker)model.Ranker).Parameters.Weights);
        Assert.Equal(12, model.Manifest.Events);
    }

    [Fact]
    public void Items_beyond_the_catalogues_cap_are_left_out_everywhere()
    {
        var written = new ItemCatalog();
        var folder = ModelFolder.Write(_root, SampleModel.Create(written), written);
        var small = new ItemCatalog(capacity: 2);
        var model = ModelFolder.Load(folder, small);
        Assert.Equal(["a", "b"], model.Factors.ItemOfRow.Select(small.IdOf));
        Assert.Equal([1f, 2f, 3f, 4f], model.Factors.Values);
        Assert.Equal([10, 14, 14, 20], model.Factors.Gramian);
        small.TryGetNumber("a", out var a);
        small.TryGetNumber("b", out var b);
        Assert.Equal([b], model.Neighbours.Of(a).ToArray());
    }

    [Fact]
    public void The_manifest_is_camel_case_json_with_the_hash_of_every_file()
    {
        var catalog = new ItemCatalog();
        var folder = ModelFolder.Write(_root, SampleModel.Create(catalog), catalog);
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!;
        Assert.Equal("20261121-031502-a1b2c3", (string)json["version"]!);
        Assert.Equal(0.5, (double)json["metrics"]!["ndcg@10"]!);
        var files = Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!).Where(f => f != "manifest.json").Order();
        Assert.Equal(files, json["files"]!.AsObject().Select(p => p.Key).Order());
        foreach (var (name, hash) in json["files"]!.AsObject())
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name)))), (string)hash!);
    }

    [Fact]
    public void Versions_are_newest_first_and_a_folder_without_a_manifest_is_invisible()
    {
        Assert.Empty(ModelFolder.Versions(Path.Combine(_root, "absent")));
        var catalog = new ItemCatalog();
        foreach (var version in new[] { "20260101-000000-ffffff", "20260301-000000-000000", "20260201-000000-aaaaaa" })
            ModelFolder.Write(_root, SampleModel.Create(catalog, version), catalog);
        Directory.CreateDirectory(Path.Combine(_root, "20270101-000000-000000"));
        Directory.CreateDirectory(Path.Combine(_root, ".20280101-000000-000000.writing"));
        File.WriteAllText(Path.Combine(_root, ".20280101-000000-000000.writing", "manifest.json"), "{}");
        Assert.Equal(["20260301-000000-000000", "20260201-000000-aaaaaa", "20260101-000000-ffffff"], ModelFolder.Versions(_root));
    }

    [Fact]
    public void Retaining_deletes_the_oldest_and_never_the_newest()
    {
        var catalog = new ItemCatalog();
        foreach (var day in new[] { 1, 2, 3, 4 })
            ModelFolder.Write(_root, SampleModel.Create(catalog, $"2026010{day}-000000-ffffff"), catalog);
        Assert.Equal(["20260102-000000-ffffff", "20260101-000000-ffffff"], ModelFolder.Retain(_root, 2));
        Assert.Equal(["20260104-000000-ffffff", "20260103-000000-ffffff"], ModelFolder.Versions(_root));
        Assert.Empty(ModelFolder.Retain(_root, 5));
        var e = Assert.Throws<RecommenderException>(() => ModelFolder.Retain(_root, 0));
        Assert.Contains("0", e.Message);
        Assert.Equal(2, Directory.GetDirectories(_root).Length);
    }

    [Fact]
    public void A_new_version_sorts_after_every_other_even_when_the_clock_was_set_back()
    {
        var now = new DateTimeOffset(2026, 11, 21, 3, 15, 2, TimeSpan.Zero);
        var first = ModelFolder.NewVersion(_root, now, "seed 1");
        Assert.StartsWith("20261121-031502-", first);
        Assert.Equal(first, ModelFolder.NewVersion(_root, now, "seed 1"));
        Assert.NotEqual(first, ModelFolder.NewVersion(_root, now, "seed 2"));
        var catalog = new ItemCatalog();
        ModelFolder.Write(_root, SampleModel.Create(catalog, first), catalog);
        var second = ModelFolder.NewVersion(_root, now, "seed 1");
        var third = ModelFolder.NewVersion(_root, now.AddHours(-1), "seed 1");
        Assert.StartsWith("20261121-031503-", second);
        Assert.StartsWith("20261121-031503-", third);
    }

    [Fact]
    public void A_version_that_is_there_is_not_overwritten_and_a_failed_write_leaves_nothing()
    {
        var catalog = new ItemCatalog();
        ModelFolder.Write(_root, SampleModel.Create(catalog), catalog);
        Assert.Throws<RecommenderException>(() => ModelFolder.Write(_root, SampleModel.Create(catalog), catalog));
        Assert.Throws<NotSupportedException>(() => ModelFolder.Write(_root, SampleModel.Create(catalog, "later", new OddRanker()), catalog));
        Assert.Throws<RecommenderException>(() => ModelFolder.Write(_root, SampleModel.Create(catalog, "../out"), catalog));
        Assert.Single(Directory.GetDirectories(_root));
    }

    [Fact]
    public void A_ranker_of_another_feature_schema_is_refused_with_the_difference()
    {
        var catalog = new ItemCatalog();
        var folder = ModelFolder.Write(_root, SampleModel.Create(catalog), catalog);
        Rewrite(folder, "ranker.json", text => text
            .Replace(FeatureSchema.Hash, new string('0', 64), StringComparison.Ordinal)
            .Replace("\"als_score\"", "\"shoe_size\"", StringComparison.Ordinal));
        var e = Assert.Throws<InvalidDataException>(() => ModelFolder.Load(folder, catalog));
        Assert.Contains("ranker.json", e.Message);
        Assert.Contains("shoe_size", e.Message);
        Assert.Contains("als_score", e.Message);
    }

    [Fact]
    public void A_changed_missing_or_unlisted_file_is_named()
    {
        var catalog = new ItemCatalog();
        var folder = ModelFolder.Write(_root, SampleModel.Create(catalog), catalog);
        foreach (var file in new[] { "items.bin", "factors.bin", "neighbours.bin", "popularity.bin", "ranker.json" })
        {
            var path = Path.Combine(folder, file);
            var whole = File.ReadAllBytes(path);
            var changed = whole.ToArray();
            changed[^1] ^= 1;
            File.WriteAllBytes(path, changed);
            Assert.Contains($"{file}: its SHA-256", Refused(folder));
            File.Delete(path);
            Assert.Contains($"{file}: is missing", Refused(folder));
            File.WriteAllBytes(path, whole);
        }

        var manifest = Path.Combine(folder, "manifest.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["files"]!.AsObject().Remove("popularity.bin");
        File.WriteAllText(manifest, json.ToJsonString());
        Assert.Contains("manifest.json: files does not list popularity.bin", Refused(folder));
        File.WriteAllText(manifest, "{\"version\":");
        Assert.StartsWith("manifest.json: ", Refused(folder));
        File.Delete(manifest);
        Assert.StartsWith("manifest.json: is missing", Refused(folder));
    }

    [Fact]
    public void A_renamed_folder_is_refused()
    {
        var catalog = new ItemCatalog();
        var folder = ModelFolder.Write(_root, SampleModel.Create(catalog), catalog);
        Directory.Move(folder, folder + "x");
        Assert.Contains("20261121-031502-a1b2c3x", Refused(folder + "x"));
    }

    [Theory]
    [InlineData("items.bin")]
    [InlineData("factors.bin")]
    [InlineData("neighbours.bin")]
    [InlineData("popularity.bin")]
    public void Hostile_files_with_matching_hashes_are_refused_without_large_allocations(string file)
    {
        var catalog = new ItemCatalog();
        var folder = ModelFolder.Write(_root, SampleModel.Create(catalog), catalog);
        var whole = File.ReadAllBytes(Path.Combine(folder, file));
        ModelFolder.Load(folder, catalog);
        var refused = 0;
        const int Rounds = 400;
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var bytes = seed % 4 == 0 ? whole[..random.Next(whole.Length)] : whole.ToArray();
            for (var n = random.Next(1, 5); n > 0 && bytes.Length > 0; n--)
            {
                // Counts sit in the first bytes after the header: hit them often, and with large values.
                var at = random.Next(2) == 0 ? random.Next(Math.Min(32, bytes.Length)) : random.Next(bytes.Length);
                bytes[at] = random.Next(3) == 0 ? (byte)0x7f : (byte)random.Next(256);
            }

            if (seed % 7 == 0)
                bytes = [.. bytes, 0];
            Replace(folder, file, bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ModelFolder.Load(folder, catalog);
            }
            catch (InvalidDataException e)
            {
                Assert.True(e.Message.StartsWith(file, StringComparison.Ordinal), $"seed {seed}: {e.Message}");
                refused++;
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 4 << 20, $"seed {seed}: {allocated} bytes allocated for a file of {bytes.Length}");
        }

        Assert.True(refused > Rounds / 2, $"{refused} of {Rounds} refused");
    }

    private static string Refused(string folder) =>
        Assert.Throws<InvalidDataException>(() => ModelFolder.Load(folder, new ItemCatalog())).Message;

    private static void Rewrite(string folder, string file, Func<string, string> edit) =>
        Replace(folder, file, Encoding.UTF8.GetBytes(edit(File.ReadAllText(Path.Combine(folder, file)))));

    private static void Replace(string folder, string file, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(folder, file), bytes);
        var manifest = Path.Combine(folder, "manifest.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["files"]![file] = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllText(manifest, json.ToJsonString());
    }

    private sealed class OddRanker : IRanker
    {
        public string SchemaHash => FeatureSchema.Hash;

        public void Score(ReadOnlySpan<float> rows, int count, Span<float> scores) => scores.Clear();

        public void Explain(ReadOnlySpan<float> row, Span<double> contributions) => contributions.Clear();
    }
}
