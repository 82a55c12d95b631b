using System.Text;
using CsvHelper;
using Recs.Training.Import;
using Recs.Training.Import.MovieLens;

namespace Recs.Training.Tests.Import;

/// <summary>
/// Whatever a file holds, an import ends in a clear refusal or in counted rejects, and only legal rows reach the
/// recommender (the fake checks every one).
/// </summary>
public sealed class ImportFuzzTests : IDisposable
{
    private static readonly string[] Valid =
    [
        "user,item,type,time,weight,note\nu1,\"a, \"\"b\"\"\",view,2020-01-01,1,\"two\nlines\"\nu2,b,rating,1577934245,4.5,\nü,é😀,purchase,1577934245000,,x\n",
        "user\titem\ttype\ttimestamp\nu1\ta\tclick\t2020-01-01T00:00:00Z\nu2\tb\tlike\t1577934245\n",
        "{\"user\":\"u1\",\"item\":\"a\",\"type\":\"view\",\"time\":\"2020-01-01\",\"w\":[1,{\"a\":null}]}\n{\"user\":\"u2\",\"item\":7,\"type\":\"rating\",\"time\":1577934245,\"rating\":4}\n",
        "id,title,category,tags,price,available,createdAt,size\na,\"Tea, green\",Food|Drink,x|y,1.5,true,2020-01-01,10\nb,Cup,Home,,,0,,9\n",
        "{\"id\":\"a\",\"title\":\"Tea\",\"tags\":[\"x\"],\"price\":1,\"size\":10,\"attributes\":{\"k\":true}}\n{\"id\":\"b\",\"title\":\"Cup\"}\n",
    ];

    private static readonly string[] Names = ["e.csv", "e.tsv", "e.jsonl", "i.csv", "i.jsonl"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Mutated_files_end_in_a_refusal_or_in_counted_rejects(int kind)
    {
        for (var seed = 0; seed < 600; seed++)
            Import(kind, Mutate(Encoding.UTF8.GetBytes(Valid[kind]), new Random(seed)), $"seed {seed}");
    }

    [Fact]
    public void Random_bytes_are_refused_or_rejected_by_every_reader()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(2_000)];
            random.NextBytes(bytes);
            var header = random.Next(2) == 0;
            for (var kind = 0; kind < Names.Length; kind++)
            {
                var line = Encoding.UTF8.GetBytes(Valid[kind].Split('\n')[0] + "\n");
                Import(kind, header ? [.. line, .. bytes] : bytes, $"seed {seed}");
            }

            File.WriteAllBytes(_folder["e.csv.gz"], bytes);
            Quietly(() => new ImportRun().Events(_folder["e.csv.gz"]), $"seed {seed}");
        }
    }

    [Fact]
    public void Mutated_movielens_folders_end_in_a_refusal_or_in_counted_rejects()
    {
        (string Name, string Content)[][] folders =
        [
            [("u.genre", "unknown|0\nAction|1\n"), ("u.item", "1|A (1995)|01-Jan-1995||u|0|1\n2|B|||u|1|0\n"), ("u.data", "1\t1\t3\t881250949\n2\t2\t5\t891717742\n")],
            [("movies.dat", "1::A (1995)::X|Y\n2::B::Z\n"), ("ratings.dat", "1::1::3::978300760\n2::2::5::978300761\n")],
            [("movies.dat", "1::A (1995)::X|Y\n"), ("events.tsv", "user_id\titem_id\tposition\tlabel\n1\t1\t0\t1\n1\t2\t1\t-1\n")],
            [("movies.csv", "movieId,title,genres\n1,\"A, the (1995)\",X|Y\n"), ("ratings.csv", "userId,movieId,rating,timestamp\n1,1,3.5,978300760\n"), ("tags.csv", "userId,movieId,tag,timestamp\n1,1,fun,1\n"), ("links.csv", "movieId,imdbId,tmdbId\n1,2,3\n")],
        ];
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            using var folder = new TempFolder();
            var files = folders[seed % folders.Length];
            var victim = random.Next(files.Length);
            for (var i = 0; i < files.Length; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(files[i].Content);
                folder.Write(files[i].Name, i == victim ? Mutate(bytes, random) : bytes);
            }

            var run = new ImportRun();
            Quietly(
                () =>
                {
                    var data = MovieLensFolder.Read(folder.Root, ImportRun.Now, run.Rejects);
                    Importer.SendItemsAsync(data.Items, run.Target).GetAwaiter().GetResult();
                    Importer.SendEventsAsync(data.Events, UnknownItems.Create, run.Target, run.Rejects).GetAwaiter().GetResult();
                },
                $"seed {seed}");
        }
    }

    [Fact]
    public void Written_rows_are_cut_as_another_reader_cuts_them()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var columns = random.Next(1, 6);
            var rows = Enumerable.Range(0, random.Next(1, 30))
                .Select(_ => Enumerable.Range(0, columns).Select(_ => Field(random)).ToArray()).ToList();
            var text = string.Concat(rows.Select(r => string.Join(',', r.Select(Write)) + (random.Next(2) == 0 ? "\n" : "\r\n")));

            using var oracle = CsvReader.FromText(text, new CsvReaderOptions { HasHeader = false, Separator = ',', PoolStrings = false });
            var expected = new List<string>();
            while (oracle.Read())
                expected.Add(string.Join('\u0001', Enumerable.Range(0, oracle.FieldCount).Select(i => oracle.GetString(i).Trim())));

            var records = new RecordReader(new TrickleStream(Encoding.UTF8.GetBytes(text), random), (byte)',');
            var fields = new DelimitedFields(",", true);
            var actual = new List<string>();
            while (records.Read())
            {
                Assert.Equal(RecordProblem.None, records.Problem);
                Assert.True(fields.Split(records.Record));
                actual.Add(string.Join('\u0001', Enumerable.Range(0, fields.Count).Select(i => fields[i].ToString())));
            }

            Assert.True(expected.SequenceEqual(actual), $"seed {seed}: {text}");
        }

        // At least one visible character, so that no row is blank.
        static string Field(Random random) =>
            "x" + string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => "ab ,\"\né\t;"[random.Next(9)]));
        static string Write(string field) => field.AsSpan().ContainsAny(",\"\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
    }

    private void Import(int kind, byte[] content, string seed)
    {
        var path = _folder.Write(Names[kind], content);
        var run = new ImportRun();
        Quietly(
            () =>
            {
                var report = Names[kind][0] == 'e' ? run.Events(path) : run.Items(path);
                Assert.Equal(run.Target.Events.Count, report.EventsAccepted);
                Assert.Equal(run.Rejects.Count, report.RejectedRows);
            },
            $"{Names[kind]} {seed}");
    }

    private static void Quietly(Action import, string seed)
    {
        try
        {
            import();
        }
        catch (ImportException refusal)
        {
            Assert.True(refusal.Message.EndsWith('.'), $"{seed}: {refusal.Message}");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{seed}: {e.Message}", e);
        }
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        var bytes = content.ToList();
        for (var edits = random.Next(1, 6); edits > 0 && bytes.Count > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 10)));
                    break;
                case 2:
                    bytes.Insert(at, "\",\n\r\0{}[]:|\t\\"u8[random.Next(13)]);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 40))));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)"9-x"[random.Next(3)], random.Next(1, 300)));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Gives a few bytes at a time, so that every boundary falls somewhere.</summary>
    private sealed class TrickleStream(byte[] content, Random random) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, random.Next(1, 20)));
    }
}
