"""customer links

Revision 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('customer_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('visit_id', sa.Uuid(), nullable=False),
    sa.Column('salt', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by_id', sa.Integer(), nullable=True),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('expires_at > made_at', name=op.f('ck_customer_link_expires_after_made')),
    sa.CheckConstraint('length(token_hash) = 64', name=op.f('ck_customer_link_token_hash')),
    sa.CheckConstraint('revoked_at IS NULL OR revoked_at >= made_at', name=op.f('ck_customer_link_revoked_after_made')),
    sa.ForeignKeyConstraint(['made_by_id'], ['person.id'], name=op.f('fk_customer_link_made_by_id')),
    sa.ForeignKeyConstraint(['revoked_by_id'], ['person.id'], name=op.f('fk_customer_link_revoked_by_id')),
    sa.ForeignKeyConstraint(['store_id', 'visit_id'], ['visit.store_id', 'visit.id'], name=op.f('fk_customer_link_store_id_visit_id')),
    sa.ForeignKeyConstraint(['store_id'], ['store.id'], name=op.f('fk_customer_link_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_link')),
    sa.UniqueConstraint('store_id', 'id', name=op.f('uq_customer_link_store_id_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_customer_link_token_hash')),
    sqlite_strict=True
    )
    with op.batch_alter_table('customer_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_customer_link_store_id'), ['store_id'], unique=False)
        batch_op.create_index('uq_customer_link_one_alive', ['visit_id'], unique=True, sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'))


def downgrade() -> None:
    op.drop_table('customer_link')
