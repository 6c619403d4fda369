using Pqf.Nets.Images;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class OrientationTests
{
    // EXIF 2.32, section 4.6.4: row 0 and column 0 of ABC/DEF lie where the name says.
    [Theory]
    [InlineData(Orientation.TopLeft, "ABC/DEF")]
    [InlineData(Orientation.TopRight, "CBA/FED")]
    [InlineData(Orientation.BottomRight, "FED/CBA")]
    [InlineData(Orientation.BottomLeft, "DEF/ABC")]
    [InlineData(Orientation.LeftTop, "AD/BE/CF")]
    [InlineData(Orientation.RightTop, "DA/EB/FC")]
    [InlineData(Orientation.RightBottom, "FC/EB/DA")]
    [InlineData(Orientation.LeftBottom, "CF/BE/AD")]
    public void A_stored_image_is_turned_as_its_tag_says(Orientation orientation, string shown)
    {
        var turned = TurnedPixels.Of(2, 3, orientation);
        var rows = Enumerable
            .Range(0, turned.Height)
            .Select(y => string.Concat(Enumerable.Range(0, turned.Width).Select(x => "ABCDEF"[Place(turned, y, x)])));
        Assert.Equal(shown, string.Join('/', rows));
    }

    static int Place(TurnedPixels turned, int y, int x) => turned.First + (y * turned.DownStep) + (x * turned.AcrossStep);
}
