namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Plain loops: the twin that the others are tested against.</summary>
internal readonly unsafe struct ScalarNibbleKernel : INibbleKernel
{
    public static string Name => "scalar";

    public static bool IsSupported => true;

    public static int Scan(in NibbleScan scan, int firstBlock, int blocks, float baseScore, float threshold, float* scores, int* slots)
    {
        var count = 0;
        for (var block = firstBlock; block < firstBlock + blocks; block++)
        {
            var codes = scan.Codes + (nint)block * scan.Groups * INibbleKernel.GroupBytes;
            for (var row = 0; row < INibbleKernel.Rows; row++)
            {
                var sum = 0;
                for (var g = 0; g < scan.Groups; g++)
                {
                    var tables = scan.Tables + g * INibbleKernel.TableBytes;
                    var weights = scan.Weights + g * INibbleKernel.GroupCodes;
                    for (var s = 0; s < 4; s++)
                    {
                        var code = codes[g * INibbleKernel.GroupBytes + 4 * row + s];
                        sum += tables[16 * s + (code & 15)] * weights[s] + tables[16 * (s + 4) + (code >> 4)] * weights[s + 4];
                    }
                }
                count = Keep(scan, sum, block * INibbleKernel.Rows + row, baseScore, threshold, scores, slots, count);
            }
        }
        return count;
    }

    public static int Keep(in NibbleScan scan, int sum, int slot, float baseScore, float threshold, float* scores, int* slots, int count)
    {
        var product = MathF.FusedMultiplyAdd(sum, scan.Step, scan.Start);
        var score = MathF.FusedMultiplyAdd(product, scan.Scales[slot], baseScore) - scan.Biases[slot];
        if (!(score > threshold))
            return count;
        scores[count] = score;
        slots[count] = slot;
        return count + 1;
    }
}
