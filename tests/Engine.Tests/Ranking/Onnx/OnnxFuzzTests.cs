using Recs.Engine.Ranking.Onnx;
using Recs.Engine.Tests.Ranking.Trees;

namespace Recs.Engine.Tests.Ranking.Onnx;

public sealed class OnnxFuzzTests
{
    [Fact]
    public void Damaged_files_are_refused_without_another_exception_or_a_large_allocation()
    {
        const int Seed = 20, Rounds = 4_000;
        var random = new Random(Seed);
        byte[][] files =
        [
            TreeOnnx.Write(RandomTrees.Ensemble(random, 4, 3, 8)),
            TreeOnnx.Write(RandomTrees.Ensemble(random, 4, 2, 6, categories: true)),
            DcnOnnx.Write(ExportTests.Network(1, 2, false, 0, 1)),
            DcnOnnx.Write(ExportTests.Network(1, 0, true, 5, 2)),
        ];
        var refused = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var file = Damage((byte[])files[round % files.Length].Clone(), random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var model = OnnxModel.Parse(file);
                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000 + 100L * file.Length, $"seed {Seed}, round {round}: parsing allocated too much");
                Attempt(() => TreeOnnx.Read(model, 4));
                Attempt(() => DcnOnnx.Read(model));
                var run = new OnnxRun(new OnnxGraph(model));
                run.Input(0, 2, 4).Fill(1);
                run.Execute();
            }
            catch (InvalidDataException)
            {
                refused++;
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {Seed}, round {round}: {e}");
            }
        }

        Assert.InRange(refused, Rounds / 4, Rounds);

        static void Attempt(Func<object> read)
        {
            try
            {
                read();
            }
            catch (InvalidDataException)
            {
                // The other kind of file, or a damaged one.
            }
        }
    }

    [Fact]
    public void Lengths_and_sizes_that_lie_are_refused_before_room_is_made()
    {
        // A graph (7) of 2^62 bytes.
        Refused("where 0 are left", [7 << 3 | 2, 128, 128, 128, 128, 128, 128, 128, 128, 64]);
        Refused("more than ten bytes", [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
        Refused("holds no graph", []);
        Refused("wire type 3", [7 << 3 | 3]);

        // An initializer of 2^20 x 2^20 floats without one, and one of 3 x 2 with five.
        Refused("too many numbers", Graph(t => { t.Varint(1, 1 << 20); t.Varint(1, 1 << 20); t.Varint(2, 1); }));
        Refused("holds 5 numbers where its sizes say 6", Graph(t =>
        {
            t.Varint(1, 3);
            t.Varint(1, 2);
            t.Varint(2, 1);
            for (var i = 0; i < 5; i++)
                t.Float(4, i);
        }));
        Refused("outside the file", Graph(t => t.Bytes(13, [])));
        Refused("element type 8", Graph(t => t.Varint(2, 8)));

        static byte[] Graph(Action<ProtoWriter> tensor)
        {
            var writer = new ProtoWriter();
            writer.Message(7, g => g.Message(5, tensor));
            return writer.ToArray();
        }

        static void Refused(string why, byte[] file) =>
            Assert.Contains(why, Assert.Throws<InvalidDataException>(() => OnnxModel.Parse(file)).Message, StringComparison.Ordinal);
    }

    private static byte[] Damage(byte[] file, Random random)
    {
        if (random.Next(6) == 0)
            return file[..random.Next(file.Length)];
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(file.Length);
            switch (random.Next(4))
            {
                case 0: file[at] = (byte)random.Next(256); break;
                case 1: file[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: file[at] = 255; break;
                default: file.AsSpan(random.Next(file.Length - Math.Min(16, file.Length - at)), Math.Min(16, file.Length - at)).CopyTo(file.AsSpan(at)); break;
            }
        }

        return file;
    }
}
