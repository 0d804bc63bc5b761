// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/lens_table.h"

#include "models/lens_model.h"
#include "plots/theme_colors.h"

#include <QPainter>
#include <QStyledItemDelegate>

namespace emend::ui {

namespace {

// Puts a ground under the cells of the layer that is pointed at elsewhere.
class LinkedRowDelegate : public QStyledItemDelegate {
  public:
    explicit LinkedRowDelegate(LensTable* table)
        : QStyledItemDelegate(table)
        , m_table(*table) {}
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        if (index.row() == m_table.highlightedLayer())
            painter->fillRect(option.rect, ThemeColors::of(option.palette).accentSoft);
        QStyledItemDelegate::paint(painter, option, index);
    }

  private:
    const LensTable& m_table;
};

} // namespace

LensTable::LensTable(LensModel& model, QWidget* parent)
    : NumberTable(model, tr("What each layer would answer"), parent) {
    setItemDelegate(new LinkedRowDelegate(this));
    setMouseTracking(true);
    connect(this, &QAbstractItemView::entered, this, [this](const QModelIndex& index) { hover(index.row()); });
    connect(this, &QAbstractItemView::viewportEntered, this, [this] { hover(-1); });
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
        if (hasFocus())
            hover(current.row());
    });
}

void LensTable::highlightLayer(int layer) {
    if (layer == m_highlighted)
        return;
    m_highlighted = layer;
    if (const QModelIndex index = model()->index(layer, 0); index.isValid() && !underMouse())
        scrollTo(index);
    viewport()->update();
}

void LensTable::hover(int layer) {
    if (layer == m_hovered)
        return;
    m_hovered = layer;
    emit layerHovered(layer);
}

void LensTable::leaveEvent(QEvent* event) {
    NumberTable::leaveEvent(event);
    hover(-1);
}

void LensTable::focusOutEvent(QFocusEvent* event) {
    NumberTable::focusOutEvent(event);
    hover(-1);
}

} // namespace emend::ui
