// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/chart_export.h"

#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QMimeData>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

#include <qcustomplot.h>

namespace emend::ui {

QByteArray renderChart(QCustomPlot& plot, ChartFormat format, const QString& title, double scale) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    const QSize size = plot.size();
    if (format == ChartFormat::Png) {
        plot.toPixmap(size.width(), size.height(), scale).save(&buffer, "PNG");
        return bytes;
    }
    const auto paint = [&](QPaintDevice& device, bool background) {
        QCPPainter painter;
        if (!painter.begin(&device))
            return;
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        if (background)
            painter.fillRect(QRect(QPoint(0, 0), size), plot.palette().color(QPalette::Base));
        plot.toPainter(&painter, size.width(), size.height());
        painter.end();
    };
    if (format == ChartFormat::Svg) {
        QSvgGenerator svg;
        svg.setOutputDevice(&buffer);
        svg.setSize(size);
        svg.setViewBox(QRect(QPoint(0, 0), size));
        svg.setTitle(title);
        paint(svg, true);
    } else {
        QPdfWriter pdf(&buffer);
        pdf.setTitle(title);
        pdf.setResolution(96);
        pdf.setPageSize(QPageSize(QSizeF(size) * 72 / 96, QPageSize::Point, title, QPageSize::ExactMatch));
        pdf.setPageMargins(QMarginsF());
        paint(pdf, true);
    }
    return bytes;
}

QString tabSeparated(const QString& csv) {
    QString table = csv;
    bool quoted = false;
    for (QChar& c : table) {
        if (c == u'"')
            quoted = !quoted;
        else if (c == u',' && !quoted)
            c = u'\t';
    }
    return table;
}

QString writeFile(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return file.errorString();
    return {};
}

void copyTable(const QString& csv) {
    auto* mime = new QMimeData;
    mime->setText(tabSeparated(csv));
    mime->setData(QStringLiteral("text/csv"), csv.toUtf8());
    QApplication::clipboard()->setMimeData(mime);
}

} // namespace emend::ui
