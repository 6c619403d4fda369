using Pqf.Tensors.Ops.Convolution.Winograd;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class WinogradTilingTests
{
    public static MatrixTheoryData<int, int> Cases => new([0, 1, 3], [2, 4]);

    [Theory, MemberData(nameof(Cases))]
    public void Tiles_cover_every_pixel_of_every_image_once(int images, int m)
    {
        for (int h = 1; h <= 17; h++)
        for (int w = 1; w <= 17; w++)
        {
            var tiling = new WinogradTiling(images, h, w, m);
            int[] seen = new int[images * h * w];
            foreach (var (n, row, column) in Walk(tiling))
            {
                Assert.InRange(tiling.Rows.Size(row), m - 1, m);
                for (int y = tiling.Rows.Start(row); y < Math.Min(h, tiling.Rows.Start(row) + tiling.Rows.Size(row)); y++)
                for (int x = tiling.Columns.Start(column); x < Math.Min(w, tiling.Columns.Start(column) + tiling.Columns.Size(column)); x++)
                    seen[(((n * h) + y) * w) + x]++;
            }

            Assert.All(seen, count => Assert.Equal(1, count));
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Those_that_have_a_point_are_neighbours(int images, int m)
    {
        for (int h = 1; h <= 17; h++)
        for (int w = 1; w <= 17; w++)
        {
            var tiling = new WinogradTiling(images, h, w, m);
            var tiles = Walk(tiling).ToArray();
            for (int row = 0; row < m + 2; row++)
            for (int column = 0; column < m + 2; column++)
            {
                bool Has((int N, int Row, int Column) tile) =>
                    m == 2
                    || (
                        (row != WinogradTiling.LongPoint || tiling.Rows.Size(tile.Row) == m)
                        && (column != WinogradTiling.LongPoint || tiling.Columns.Size(tile.Column) == m)
                    );
                var (first, end) = tiling.Having(row, column);
                Assert.Equal(tiles.Select(Has), Enumerable.Range(0, tiles.Length).Select(i => i >= first && i < end));
            }
        }
    }

    [Theory]
    [InlineData(7, 1, 1)]
    [InlineData(14, 2, 2)]
    [InlineData(28, 7, 0)]
    [InlineData(13, 1, 3)]
    [InlineData(1, 0, 1)]
    [InlineData(5, 0, 2)]
    public void Sides_have_as_few_parts_as_with_parts_of_four_alone(int size, int whole, int shorter)
    {
        var side = new TileSide(size, 4);
        Assert.Equal((whole, shorter), (side.Long, side.Short));
    }

    /// <summary>All tiles in order; each is where a cursor that starts there says it is.</summary>
    static IEnumerable<(int N, int Row, int Column)> Walk(WinogradTiling tiling)
    {
        var cursor = tiling.At(0);
        for (int tile = 0; tile < tiling.Count; tile++, cursor.Next())
        {
            var at = tiling.At(tile);
            Assert.Equal((at.N, at.Row, at.Column), (cursor.N, cursor.Row, cursor.Column));
            yield return (cursor.N, cursor.Row, cursor.Column);
        }
    }
}
