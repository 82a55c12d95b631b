using Recs.Engine.Retrieval.Vectors;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Retrieval.Vectors;

public sealed class VectorStorageTests(ITestOutputHelper output) : IDisposable
{
    private static readonly VectorSpace Space = new("text", 20, SpaceMetric.Cosine);

    private readonly string _folder = Directory.CreateTempSubdirectory("recs-vectors").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(SpaceMetric.InnerProduct), InlineData(SpaceMetric.Cosine), InlineData(SpaceMetric.Euclidean)]
    public void A_snapshot_answers_as_the_index_did(SpaceMetric metric)
    {
        var values = VectorWorld.Vectors(4_000, 20, 3);
        var index = VectorWorld.Build(values, 20, metric, new VectorIndexOptions { MergeInBackground = false });
        for (var item = 0; item < 100; item++)
        {
            index.Remove(item * 7);
            index.Upsert(item * 11 + 1, values.AsSpan((item + 500) * 20, 20));
        }
        var path = Path.Combine(_folder, "a.snapshot");
        index.Save(path);
        var opened = VectorIndex.Open(path);
        Assert.Equal(index.Count, opened.Count);
        Assert.Equal(index.Space, opened.Space);
        AssertSame(index, opened, values);
        opened.Upsert(99_999, values.AsSpan(0, 20));
        opened.Remove(3);
        index.Upsert(99_999, values.AsSpan(0, 20));
        index.Remove(3);
        AssertSame(index, opened, values);
        opened.Merge();
        index.Merge();
        AssertSame(index, opened, values);
    }

    [Fact]
    public void A_damaged_snapshot_is_refused_with_its_offset()
    {
        var path = Path.Combine(_folder, "a.snapshot");
        var index = VectorWorld.Build(VectorWorld.Vectors(300, 20, 3), 20, SpaceMetric.InnerProduct);
        index.Upsert(5_000, new float[20]);
        index.Save(path);
        var whole = File.ReadAllBytes(path);
        var covered = new bool[whole.Length];
        Array.Fill(covered, true, 0, SnapshotFormat.PageBytes);
        for (var s = 0; s < SnapshotFormat.Sections; s++)
        {
            var at = SnapshotFormat.TableAt + s * SnapshotFormat.EntryBytes;
            Array.Fill(covered, true, (int)BitConverter.ToInt64(whole, at), (int)BitConverter.ToInt64(whole, at + 8));
        }
        const int Seed = 9;
        output.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (var round = 0; round < 400; round++)
        {
            var damaged = (byte[])whole.Clone();
            var at = round < 200 ? random.Next(600) : random.Next(whole.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, damaged);
            if (covered[at])
                Assert.Contains("damaged at offset", Assert.Throws<InvalidDataException>(() => VectorIndex.Open(path)).Message, StringComparison.Ordinal);
            else
                Assert.Equal(301, VectorIndex.Open(path).Count);
        }
        for (var round = 0; round < 60; round++)
        {
            File.WriteAllBytes(path, whole[..random.Next(whole.Length)]);
            Assert.Throws<InvalidDataException>(() => VectorIndex.Open(path));
        }
    }

    [Fact]
    public void A_header_that_lies_under_a_right_checksum_is_refused_too()
    {
        var path = Path.Combine(_folder, "a.snapshot");
        VectorWorld.Build(VectorWorld.Vectors(300, 20, 3), 20, SpaceMetric.InnerProduct).Save(path);
        var whole = File.ReadAllBytes(path);
        var random = new Random(4);
        for (var field = 8; field < SnapshotFormat.NameAt; field += 4)
        {
            if (field == 44)
                continue; // how many vectors were learned from: any number is legal
            foreach (var value in new[] { -1, int.MaxValue, 1 << 20, random.Next(3, 1 << 16) })
            {
                var lying = (byte[])whole.Clone();
                BitConverter.TryWriteBytes(lying.AsSpan(field), value);
                BitConverter.TryWriteBytes(
                    lying.AsSpan(SnapshotFormat.PageBytes - 4), Recs.Engine.Storage.Crc32C.Compute(lying.AsSpan(0, SnapshotFormat.PageBytes - 4)));
                File.WriteAllBytes(path, lying);
                Assert.Throws<InvalidDataException>(() => VectorIndex.Open(path));
            }
        }
    }

    [Fact]
    public void A_store_opens_as_it_was_closed_through_checkpoints_and_torn_ends()
    {
        var (random, truth) = (new Random(6), new Dictionary<int, float[]>());
        var options = new VectorIndexOptions { MergeInBackground = false };
        for (var session = 0; session < 5; session++)
        {
            using var store = VectorStore.Open(_folder, Space, options);
            Check(store);
            for (var step = 0; step < 200; step++)
            {
                var item = random.Next(80);
                if (random.Next(4) == 0)
                    Assert.Equal(truth.Remove(item), store.Remove(item));
                else
                    store.Upsert(item, truth[item] = Worlds.Query(20, random));
                if (step == 100 && session % 2 == 1)
                    store.Checkpoint();
            }
            store.Flush();
            Check(store);
        }
        var log = Directory.GetFiles(_folder, "*.delta").Single();
        var bytes = File.ReadAllBytes(log);
        File.WriteAllBytes(log, [.. bytes, .. bytes.AsSpan(20, 30)]);
        using (var store = VectorStore.Open(_folder, Space, options))
            Check(store);
        bytes[60] ^= 4;
        File.WriteAllBytes(log, bytes);
        Assert.Contains("offset 20", Assert.Throws<InvalidDataException>(() => VectorStore.Open(_folder, Space, options)).Message, StringComparison.Ordinal);

        void Check(VectorStore store)
        {
            Assert.Equal(truth.Count, store.Index.Count);
            var found = new float[20];
            foreach (var (item, vector) in truth)
            {
                Assert.True(store.Index.TryGet(item, found));
                Assert.Equal(vector, found);
            }
        }
    }

    private static void AssertSame(VectorIndex expected, VectorIndex actual, float[] values)
    {
        var (a, b) = (new ScoredItem[50], new ScoredItem[50]);
        for (var q = 0; q < 20; q++)
        {
            var query = values.AsSpan(q * 31 * 20, 20);
            Assert.Equal(expected.Search(query, a), actual.Search(query, b));
            Assert.Equal(a, b);
        }
    }
}
